import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AppServer, startAppServer } from '../support/app-server.js';
import { buildOnnx, identityGraph } from '../support/onnx-builder.js';

const PIXELS = identityGraph([{ name: 'x', type: 'uint8', dims: ['n', 8, 8, 3] }], () => 'y');
const SAMPLES = identityGraph([{ name: 'x', type: 'float32', dims: ['n', 16] }], () => 'y');

const PICTURES = ['picture.jpg', 'picture.png', 'picture.webp', 'animated.gif', 'turned.jpg', 'cmyk.jpg'];
const SOUNDS = ['tone.wav', 'tone.flac', 'tone.mp3', 'tone.vorbis.ogg', 'tone.opus.ogg'];

let server: AppServer;
const files = new Map<string, Buffer>();
beforeAll(async () => {
  server = await startAppServer(
    {
      'pixels/model.yaml': 'maxBatchSize: 2\ninputs: [{ name: x, image: { layout: NHWC } }]\n',
      'pixels/1/model.onnx': buildOnnx(PIXELS),
      'samples/model.yaml': 'maxBatchSize: 2\ninputs: [{ name: x, audio: { rateHz: 16000 } }]\n',
      'samples/1/model.onnx': buildOnnx(SAMPLES),
    },
    { media: { timeoutMs: 5_000, maxPixels: 1_000_000, maxDurationMs: 10_000 } },
  );
  for (const file of [...PICTURES, ...SOUNDS]) files.set(file, await readFile(`test/fixtures/media/${file}`));
});
afterAll(() => server[Symbol.asyncDispose]());

async function post(model: string, body: Uint8Array) {
  const response = await fetch(`http://127.0.0.1:${server.port}/v2/models/${model}/infer`, {
    method: 'POST',
    body: new Uint8Array(body),
    headers: { 'content-type': 'application/octet-stream' },
  });
  return { status: response.status, text: await response.text() };
}

interface Change {
  readonly at: number;
  readonly bytes: Uint8Array;
  readonly kind: 'overwrite' | 'insert' | 'remove';
}

const change: fc.Arbitrary<Change> = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  bytes: fc.uint8Array({ minLength: 1, maxLength: 8 }),
  kind: fc.constantFrom('overwrite', 'insert', 'remove'),
});

/** A file that is cut off and changed in places; how it begins stays as it is. */
function mutate(file: Buffer, changes: readonly Change[], kept: number): Buffer {
  let mutated = file.subarray(0, Math.max(16, Math.round(file.length * kept)));
  for (const { at, bytes, kind } of changes) {
    const offset = 12 + Math.floor((mutated.length - 12) * at);
    const behind = offset + (kind === 'insert' ? 0 : bytes.length);
    const middle = kind === 'remove' ? [] : [bytes];
    mutated = Buffer.concat([mutated.subarray(0, offset), ...middle, mutated.subarray(behind)]);
  }
  return mutated;
}

describe.each([
  ['pixels', PICTURES],
  ['samples', SOUNDS],
] as const)('files for %s that are broken in any way', (model, names) => {
  it('are decoded or refused, and the next one is answered', { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...names),
        fc.array(change, { maxLength: 6 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        async (name, changes, kept) => {
          const { status, text } = await post(model, mutate(files.get(name) as Buffer, changes, Math.sqrt(kept)));
          if (status !== 200) expect([status, text]).toEqual([400, expect.stringMatching(/^\{"error":"/)]);
        },
      ),
      { numRuns: 150, seed: 7 },
    );
    const good = await post(model, files.get(names[0] ?? '') as Buffer);
    expect(good.status).toBe(200);
  });
});

it('says nothing of them in the log but what callers are told', () => {
  const lines = server.log.filter(({ room, level }) => room === 'runtimes' && level !== 'info');
  expect(lines).toEqual([]);
});
