import { execFile } from 'node:child_process';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import fastify from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connect, type ModelClient } from '../../src/client/index.js';
import { createMillrace, type Millrace, type PartialSettings } from '../../src/index.js';
import { RUNNER_ENTRY } from '../support/dist.js';
import { createTempFolder, type TempFolder } from '../support/model-folder.js';
import { RawClient, requestText } from '../support/raw-client.js';

const echo = (type: string, more = '') =>
  `runtime: echo\ninputs: [{ name: x, datatype: ${type}, shape: [-1] }]\noutputs: [{ name: y, datatype: ${type}, shape: [-1] }]\n${more}`;
const INLINE = 'instances: { placement: inline }\n';
const run = promisify(execFile);
const HANG = { parameters: { fault: 'hang' } };
const REQUEST = { inputs: [{ name: 'x', datatype: 'FP32', shape: [3], data: [1, 2, 3] }] };

interface Count {
  readonly inputs: { readonly to: 'INT32' };
  readonly outputs: { readonly number: 'INT32' };
}
const COUNT = `
  import { defineModel } from 'millrace/model';
  export default defineModel({
    inputs: { to: 'INT32[1]' },
    outputs: { number: 'INT32[1]' },
    async *infer({ inputs }) {
      for (let number = 1; number <= inputs.to.data[0]; number++) yield { number };
    },
  });`;

let folder: TempFolder;
const open: (() => Promise<unknown>)[] = [];

beforeEach(async () => {
  folder = await createTempFolder({
    'first/floats/model.yaml': echo('FP32', INLINE),
    'first/floats/1/': '',
    'first/hanging/model.yaml': echo('FP32', 'echo: { faults: true }\n'),
    'first/hanging/1/': '',
    'first/broken/1/model.onnx': 'no model',
    'second/integers/model.yaml': echo('INT64', INLINE),
    'second/integers/1/': '',
  });
});

afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
  await folder[Symbol.asyncDispose]();
});

async function start(repository: string, settings: PartialSettings = {}): Promise<Millrace> {
  const millrace = await createMillrace({
    settings: {
      repository: { paths: [path.join(folder.path, repository)], ...settings.repository },
      runners: { entry: RUNNER_ENTRY, closeTimeoutMs: 100, ...settings.runners },
      server: { httpPort: 0, grpcPort: -1, metricsPort: 0, gracePeriodMs: 0 },
      telemetry: { logLevel: 'silent' },
    },
  });
  open.push(() => millrace.close());
  return millrace;
}

const states = (millrace: Millrace) => millrace.models().map(({ name, state }) => `${name}: ${state.kind}`);

describe('two servers in one process', () => {
  it('share neither models nor ports nor metrics, and end alone', async () => {
    const [first, second] = [await start('first'), await start('second')];
    expect(states(first)).toEqual(['broken: failed', 'floats: ready', 'hanging: ready']);
    expect(states(second)).toEqual(['integers: ready']);
    const [one, two] = [await first.listen(), await second.listen()];
    expect(one.http.port).not.toBe(two.http.port);

    await first.infer('floats', { x: [1, 2] });
    await second.infer('integers', { x: [1n] });
    await expect(second.infer('floats', { x: [1] })).rejects.toThrow(
      "Request for unknown model: 'floats' is not found",
    );
    const metrics = async (millrace: typeof one) => (await fetch(`${millrace.metrics?.url}/metrics`)).text();
    const counted = /^millrace_infer_requests_total\{.*model="(\w+)".*\} 1$/gm;
    expect([...(await metrics(one)).matchAll(counted)].map(([, name]) => name)).toEqual(['floats']);
    expect([...(await metrics(two)).matchAll(counted)].map(([, name]) => name)).toEqual(['integers']);

    await first.close();
    await expect(fetch(`${one.http.url}/v2/health/live`)).rejects.toThrow();
    expect((await fetch(`${two.http.url}/v2/health/ready`)).status).toBe(200);
    expect((await second.infer('integers', { x: [2n] })).y?.data).toEqual(BigInt64Array.of(2n));
  });
});

describe('a server in a process', () => {
  it('leaves signals, globals and the environment alone, and lets the process end once it is closed', async () => {
    const settings = {
      repository: { paths: [path.join(folder.path, 'first')] },
      server: { httpPort: 0, grpcPort: -1, metricsPort: 0 },
      telemetry: { logLevel: 'silent' },
    };
    // Node itself leaves marks when its fetch is first looked at.
    const program = `
      void globalThis.Request;
      const look = () => JSON.stringify({
        events: process.eventNames().map((name) => [String(name), process.listenerCount(name)]),
        globals: Reflect.ownKeys(globalThis).map(String),
        env: { ...process.env },
        seen: [process.title, process.cwd(), process.umask(), process.exitCode],
      });
      const before = look();
      const { createMillrace } = await import(${JSON.stringify(pathToFileURL(path.resolve('dist/index.js')).href)});
      const millrace = await createMillrace({ settings: ${JSON.stringify(settings)} });
      await millrace.listen();
      await millrace.infer('floats', { x: [1] });
      const during = look();
      await millrace.close();
      console.log(JSON.stringify([before, during, look()]));`;
    const { stdout } = await run(process.execPath, ['--input-type=module', '-e', program]);
    const [before, during, after] = JSON.parse(stdout).map((text: string) => JSON.parse(text));
    expect(during).toEqual(before);
    expect(after).toEqual(before);
  });

  it('ends when it is disposed of, ports, runners and all', async () => {
    const millrace = await start('first');
    const { http } = await millrace.listen();
    await millrace[Symbol.asyncDispose]();
    await expect(RawClient.connect(http.port)).rejects.toThrow('ECONNREFUSED');
    await expect(millrace.infer('floats', { x: [1] })).rejects.toMatchObject({
      code: 'unavailable',
      message: 'the server is shutting down',
    });
  });

  it('tells which models do not load, and why', async () => {
    const millrace = await start('first');
    const broken = millrace.models().find(({ name }) => name === 'broken');
    expect(broken).toEqual({
      name: 'broken',
      version: 1,
      info: undefined,
      state: { kind: 'failed', reason: "'model.onnx' is not a readable ONNX file: it is broken or incomplete" },
    });
  });

  it('rejects in strict mode when a model does not load, and leaves nothing running', async () => {
    await expect(start('first', { repository: { strict: true } })).rejects.toMatchObject({
      code: 'failed_precondition',
      message: expect.stringMatching(/^models failed to load: broken: /),
    });
  });

  it.each([
    ['nowhere', 'does not exist'],
    ['first/floats/model.yaml', 'is not a folder'],
  ])('is not made from a repository that is no folder: %s', async (repository, problem) => {
    await expect(start(repository)).rejects.toMatchObject({
      code: 'invalid_argument',
      message: `the model repository ${path.join(folder.path, repository)} ${problem}; name a folder in repository.paths`,
    });
  });

  it('loads and unloads in explicit mode only', async () => {
    const fixed = await start('first');
    await expect(fixed.load('floats')).rejects.toMatchObject({ code: 'unavailable' });
    const millrace = await start('second', { repository: { controlMode: 'explicit' } });
    expect(millrace.models()).toEqual([]);
    await millrace.load('integers');
    expect(states(millrace)).toEqual(['integers: ready']);
    await millrace.unload('integers');
    await expect(millrace.infer('integers', { x: [1n] })).rejects.toMatchObject({ code: 'not_found' });
  });
});

describe('infer', () => {
  it('gives INT64 as BigInt64Array, beyond what a number holds', async () => {
    const millrace = await start('second');
    const { y } = await millrace.infer('integers', { x: BigInt64Array.of(2n ** 62n + 1n, -3n) });
    expect(y).toMatchObject({ datatype: 'INT64', shape: [2], data: BigInt64Array.of(2n ** 62n + 1n, -3n) });
  });

  it('ends at its time limit', async () => {
    const millrace = await start('first');
    await expect(millrace.infer('hanging', { x: [1] }, { ...HANG, timeoutMs: 50 })).rejects.toMatchObject({
      code: 'deadline_exceeded',
      message: 'the request took longer than its 50 ms',
    });
  });

  it('ends when its signal is aborted, before or while it runs', async () => {
    const millrace = await start('first');
    const aborted = { code: 'cancelled', message: 'the caller aborted' };
    await expect(millrace.infer('floats', { x: [1] }, { signal: AbortSignal.abort() })).rejects.toMatchObject(aborted);
    const controller = new AbortController();
    const waiting = millrace.infer('hanging', { x: [1] }, { ...HANG, signal: controller.signal });
    controller.abort();
    await expect(waiting).rejects.toMatchObject(aborted);
  });

  it('says what is wrong with its inputs', async () => {
    const millrace = await start('first');
    await expect(millrace.infer('floats', {})).rejects.toMatchObject({
      code: 'invalid_argument',
      message: "input 'x' (FP32[-1]) of model 'floats/1' is missing",
    });
    await expect(millrace.infer('floats', { x: [1], z: [1] })).rejects.toMatchObject({
      code: 'invalid_argument',
      message: "model 'floats' has no input 'z'; its inputs are 'x'",
    });
  });
});

interface Floats {
  readonly inputs: { readonly x: 'FP32' };
  readonly outputs: { readonly y: 'FP32' };
}

describe('a model', () => {
  it('answers as the same model does to the client, types and all', async () => {
    const millrace = await start('first');
    const { http } = await millrace.listen();
    const models: readonly Pick<ModelClient<Floats>, 'infer' | 'stream'>[] = [
      millrace.model<Floats>('floats'),
      connect(http.url).model<Floats>('floats'),
    ];
    for (const model of models) {
      const options = { id: 'a', requestId: 'one', outputs: ['y'] as const, parameters: { note: 1 } };
      const { outputs, timingMs, ...rest } = await model.infer({ x: [1, 2] }, options);
      const data: Float32Array = outputs.y.data;
      expect(data).toEqual(Float32Array.of(1, 2));
      expect(rest).toMatchObject({ modelName: 'floats', modelVersion: '1', id: 'a', requestId: 'one' });
      expect(timingMs).toMatchObject({ queue: expect.any(Number), compute: expect.any(Number) });
    }
    // @ts-expect-error: the type names no such input
    await expect(millrace.model<Floats>('floats').infer({ z: [1] })).rejects.toThrow("has no input 'z'");
  });

  it('is the version that was asked for', async () => {
    const model = (await start('first')).model('floats', { version: 2 });
    expect([model.name, model.version]).toEqual(['floats', 2]);
    await expect(model.infer({ x: [1] })).rejects.toMatchObject({ code: 'not_found' });
  });

  it('streams its answers, and stops when the loop is left', async () => {
    await folder.write({ 'third/count/1/model.ts': COUNT });
    const millrace = await start('third');
    const model = millrace.model<Count>('count');
    const numbers: number[] = [];
    for await (const { outputs } of model.stream({ to: [3] })) numbers.push(outputs.number.data[0] ?? 0);
    expect(numbers).toEqual([1, 2, 3]);
    for await (const { outputs } of model.stream({ to: [1_000_000] })) {
      expect(outputs.number.data[0]).toBe(1);
      break;
    }
    await expect(model.infer({ to: [3] })).rejects.toMatchObject({
      code: 'unimplemented',
      message: "model 'count' answers any number of times; use stream",
    });
  });
});

describe('the handler', () => {
  const listen = async (server: Server) => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    open.push(() => new Promise((resolve) => server.close(resolve)));
    return (server.address() as AddressInfo).port;
  };

  async function expectBoth(port: number): Promise<void> {
    const client = await RawClient.connect(port);
    client.send(requestText('POST /v2/models/floats/infer', {}, JSON.stringify(REQUEST)));
    const { status, body } = await client.response();
    expect([status, JSON.parse(body.toString()).outputs[0].data]).toEqual([200, [1, 2, 3]]);
    client.send(requestText('GET /v2/models/floats'));
    expect(JSON.parse((await client.response()).body.toString())).toMatchObject({ name: 'floats' });
    client.send(requestText('GET /hello', { connection: 'close' }));
    expect((await client.response()).body.toString()).toBe('hello');
  }

  it('answers inside a server of node:http', async () => {
    const millrace = await start('first');
    const server = createServer((req, res) => {
      if (req.url?.startsWith('/v2')) millrace.handler(req, res);
      else res.end('hello');
    });
    await expectBoth(await listen(server));
  });

  it('answers inside a server of fastify', async () => {
    const millrace = await start('first');
    const app = fastify();
    app.register((scope, _options, registered) => {
      // The body is millrace's to read.
      scope.removeAllContentTypeParsers();
      scope.addContentTypeParser('*', (_request, _payload, done) => done(null));
      scope.all('/v2/*', (request, reply) => {
        reply.hijack();
        millrace.handler(request.raw, reply.raw);
      });
      registered();
    });
    app.get('/hello', async () => 'hello');
    await app.listen({ port: 0, host: '127.0.0.1' });
    open.push(() => app.close());
    await expectBoth((app.server.address() as AddressInfo).port);
  });
});

describe('the entry of runners', () => {
  it('may be a file of the application, as in a bundle', async () => {
    await folder.write({ 'app/entry.mjs': `await import(${JSON.stringify(pathToFileURL(RUNNER_ENTRY).href)});\n` });
    const millrace = await start('first', { runners: { entry: path.join(folder.path, 'app/entry.mjs') } });
    expect(states(millrace)).toContain('hanging: ready');
  });

  it('that does not exist fails the models that need a process, with the reason', async () => {
    const millrace = await start('first', { runners: { entry: path.join(folder.path, 'nowhere.mjs') } });
    expect(millrace.models().find(({ name }) => name === 'hanging')?.state).toMatchObject({
      kind: 'failed',
      reason: 'runner hanging/1#0 is gone: exited with code 1',
    });
    expect((await millrace.infer('floats', { x: [1] })).y?.data).toEqual(Float32Array.of(1));
  });
});
