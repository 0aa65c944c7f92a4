import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Events, packBytes } from '../../src/core/index.js';
import { type AppServer, startAppServer } from '../support/app-server.js';
import { buildOnnx, identityGraph } from '../support/onnx-builder.js';
import { until } from '../support/until.js';

const PIXELS = identityGraph([{ name: 'x', type: 'uint8', dims: ['n', 'h', 'w', 3] }], () => 'y');
const FLOATS = identityGraph([{ name: 'x', type: 'float32', dims: ['n', 4] }], () => 'y');
const SAMPLES = identityGraph([{ name: 'x', type: 'float32', dims: ['n', 's'] }], () => 'y');
const OPEN_PIXELS = 'maxBatchSize: 4\ninputs: [{ name: x, image: { layout: NHWC } }]\n';

const fixture = (file: string) => readFile(`test/fixtures/media/${file}`);

function startMedia(media: object = {}): Promise<AppServer> {
  return startAppServer(
    {
      'pixels/model.yaml': OPEN_PIXELS,
      'pixels/1/model.onnx': buildOnnx(PIXELS),
      'logits/model.yaml':
        'maxBatchSize: 4\ninputs: [{ name: x, audio: { rateHz: 16000, lengthSamples: 4 } }]\n' +
        'outputs: [{ name: y, softmax: true, topK: 2 }]\n',
      'logits/1/model.onnx': buildOnnx(FLOATS),
      'windows/model.yaml': 'maxBatchSize: 3\ninputs: [{ name: x, audio: { rateHz: 16000, windowSamples: 1000 } }]\n',
      'windows/1/model.onnx': buildOnnx(SAMPLES),
      'plain/1/model.onnx': buildOnnx(FLOATS),
    },
    { media, runners: { memoryPollIntervalMs: 50 } },
  );
}

async function post(server: AppServer, model: string, body: Uint8Array, type?: string) {
  const response = await fetch(`http://127.0.0.1:${server.port}/v2/models/${model}/infer`, {
    method: 'POST',
    body: new Uint8Array(body),
    headers: { 'content-type': type ?? 'application/x-www-form-urlencoded' },
  });
  // biome-ignore lint/suspicious/noExplicitAny: JSON of any shape
  return { status: response.status, body: (await response.json()) as any };
}

describe('a photo or a sound as it is', () => {
  let server: AppServer;
  beforeAll(async () => {
    server = await startMedia();
  });
  afterAll(() => server[Symbol.asyncDispose]());

  it.each(['picture.jpg', 'picture.png', 'picture.webp', 'animated.gif', 'turned.jpg'])(
    'becomes pixels: %s',
    async (file) => {
      const { status, body } = await post(server, 'pixels', await fixture(file));
      expect([status, body.outputs[0].shape]).toEqual([200, [1, 48, 64, 3]]);
      const [red, green, blue] = body.outputs[0].data.slice(4 * 64 * 3);
      expect(green).toBeGreaterThan(200);
      expect(Math.max(red, blue)).toBeLessThan(60);
    },
  );

  it.each(['tone.wav', 'tone.flac', 'tone.mp3', 'tone.vorbis.ogg', 'tone.opus.ogg'])(
    'is cut into windows whose answers are joined: %s',
    async (file) => {
      const { status, body } = await post(server, 'windows', await fixture(file), 'audio/any');
      const [output] = body.outputs;
      expect([status, output.name, output.shape[1]]).toEqual([200, 'y', 1_000]);
      expect(output.shape[0]).toBeGreaterThanOrEqual(8);
      expect(Math.max(...output.data)).toBeGreaterThan(0.45);
      expect(Math.max(...output.data)).toBeLessThan(0.6);
    },
  );

  it('is answered by classes where the output declares them', async () => {
    const { body } = await post(server, 'logits', await fixture('tone.wav'));
    const [first, second] = body.outputs[0].data.map((text: string) => text.split(':'));
    expect(body.outputs[0]).toMatchObject({ datatype: 'BYTES', shape: [1, 2] });
    // Four samples that rise from 0.
    expect([first[1], second[1]]).toEqual(['3', '2']);
    expect(Number(first[0])).toBeGreaterThan(0.25);
    expect(Number(first[0])).toBeLessThan(0.5);
  });

  it('may come by name, one an element, as BYTES in binary data', async () => {
    const files = await Promise.all(['picture.png', 'picture.webp'].map(fixture));
    const data = packBytes(files);
    const parameters = { binary_data_size: data.length };
    const head = JSON.stringify({ inputs: [{ name: 'x', datatype: 'BYTES', shape: [2], parameters }] });
    const response = await fetch(`http://127.0.0.1:${server.port}/v2/models/pixels/infer`, {
      method: 'POST',
      body: Buffer.concat([Buffer.from(head), data]),
      headers: { 'inference-header-content-length': String(head.length) },
    });
    // biome-ignore lint/suspicious/noExplicitAny: JSON of any shape
    const body = (await response.json()) as any;
    expect([response.status, body.outputs[0].shape]).toEqual([200, [2, 48, 64, 3]]);
  });

  it('leaves what is no model of the repository out of the index and the metrics of states, but is counted', async () => {
    const index = await server.index();
    expect(index.filter((line) => line.startsWith('millrace'))).toEqual([]);
    const metrics = await fetch(`http://127.0.0.1:${server.addresses.metrics?.port}/metrics`);
    expect(await metrics.text()).toMatch(/^nv_inference_request_success\{[^}]*model="millrace\/image"[^}]*\} \d+/m);
    const asked = await server.infer('millrace%2Fimage', { inputs: [] });
    expect([asked.status, asked.body.error]).toEqual([404, "Request for unknown model: 'millrace/image' is not found"]);
  });

  const bad: readonly (readonly [string, string, () => Promise<Uint8Array> | Uint8Array, string, string])[] = [
    [
      'an SVG',
      'pixels',
      () => Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'),
      'image/svg+xml',
      "request: expected a JPEG, PNG, WebP or GIF, got image/svg+xml that begins with '<svg xml'",
    ],
    [
      'a TIFF',
      'pixels',
      () => fixture('picture.tiff'),
      'image/tiff',
      'request: expected a JPEG, PNG, WebP or GIF, got image/tiff that begins with bytes 49492a0008000000',
    ],
    [
      'a photo for a model without pictures',
      'plain',
      () => fixture('picture.jpg'),
      'image/jpeg',
      "request: model 'plain' takes no pictures: none of its inputs has a section 'image' in its model.yaml",
    ],
    [
      'a photo whose end is missing',
      'pixels',
      async () => (await fixture('picture.jpg')).subarray(0, 700),
      'image/jpeg',
      "input 'x': the picture is a broken JPEG: ",
    ],
    [
      'a sound of nothing',
      'windows',
      async () => (await fixture('tone.wav')).subarray(0, 44),
      'audio/wav',
      "input 'x': the sound is a WAV without samples",
    ],
  ];
  it.each(bad)('is refused when it is %s', async (_, model, body, type, error) => {
    const answer = await post(server, model, await body(), type);
    expect([answer.status, answer.body.error]).toEqual([400, expect.stringContaining(error)]);
  });

  it('is refused when there are more than the model takes at a time', async () => {
    const inputs = [{ name: 'x', datatype: 'BYTES', shape: [5], data: ['a', 'b', 'c', 'd', 'e'] }];
    const pixels = await server.infer('pixels', { inputs });
    expect(pixels).toMatchObject({
      status: 400,
      body: { error: "input 'x' has 5 elements; model 'pixels/1' takes at most 4 a request" },
    });
    const windows = await server.infer('windows', { inputs });
    expect(windows.body.error).toBe(
      "input 'x' has 5 elements; model 'windows/1' takes at most 1 a request, since it is cut into windows",
    );
  });

  it('names the element that cannot be decoded', async () => {
    const inputs = [{ name: 'x', datatype: 'BYTES', shape: [2, 1], data: ['GIF89a', 'plain text'] }];
    const { status, body } = await server.infer('pixels', { inputs });
    expect([status, body.error]).toEqual([400, expect.stringMatching(/^input 'x'\[[01]\]: the picture/)]);
  });
});

describe('a decoder', () => {
  it('that hangs is killed and started again, and others are answered', async () => {
    await using server = await startMedia({ decoders: 2, timeoutMs: 2_000 });
    const started: Events['runnerStarted'][] = [];
    server.app.events.subscribe('runnerStarted', (event) => started.push(event));
    const png = await fixture('picture.png');
    expect((await post(server, 'pixels', png)).status).toBe(200);
    const pids = server.app.engine
      .gauges()
      .flatMap(({ ref, instances }) => (ref.name === 'millrace/image' ? instances.map(({ pid }) => pid) : []));
    for (const pid of pids) process.kill(pid, 'SIGSTOP');
    const hung = await post(server, 'pixels', png);
    expect(hung).toEqual({
      status: 503,
      body: {
        error: "input 'x': it was given up, since it takes longer than media.timeoutMs (2000) or ends its decoder",
      },
    });
    expect((await post(server, 'windows', await fixture('tone.wav'))).status).toBe(200);
    await until('a decoder is back', async () => (await post(server, 'pixels', png)).status === 200);
  });

  it('that takes too much memory is killed', async () => {
    const { default: sharp } = await import('sharp');
    await using server = await startMedia({ decoders: 1, maxRssBytes: 180 * 1_048_576, timeoutMs: 20_000 });
    const create = { width: 7_000, height: 7_000, channels: 3, background: 'red' } as const;
    const large = await sharp({ create }).withMetadata({ orientation: 6 }).jpeg({ quality: 30 }).toBuffer();
    const { status, body } = await post(server, 'pixels', large, 'image/jpeg');
    expect([status, body.error]).toEqual([
      503,
      "input 'x': it was given up, since it takes more memory than media.maxRssBytes (188743680)",
    ]);
    expect(
      (await server.infer('plain', { inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 4], data: [1, 2, 3, 4] }] }))
        .status,
    ).toBe(200);
  });
});
