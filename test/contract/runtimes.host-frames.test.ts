import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Signature } from '../../src/core/index.js';
import type { Emission, Placement } from '../../src/runtimes/index.js';
import { FakeClock } from '../support/fake-clock.js';
import { FAULTY, failureOf, faultyItem } from '../support/faulty-model.js';
import { identityGraph, writeOnnx } from '../support/onnx-builder.js';
import { batchItem, fp32, numbersOf } from '../support/tensors.js';
import { createTestHost, IN_PROCESS, INLINE, loadSpec, runBatch, type TestHost } from '../support/test-host.js';

const folder = mkdtempSync(path.join(tmpdir(), 'millrace-host-'));
afterAll(() => rmSync(folder, { recursive: true }));

let hosted: TestHost;
beforeEach(() => {
  hosted = createTestHost();
});
afterEach(() => hosted.host.close());

describe('the host', () => {
  test('closes busy runners at once, failing what they run', async () => {
    const instance = await hosted.load(FAULTY);
    const failure = failureOf(instance, 'hang');
    await hosted.host.close();
    expect(await failure).toMatchObject({ message: 'runner model/1#0 is gone: the server closed', started: true });
    expect(await hosted.event('runnerExited')).toMatchObject({ reason: 'the server closed', expected: true });
  });

  test('rejects a load whose process cannot be started', async () => {
    const { execPath } = process;
    process.execPath = path.join(folder, 'no-node-here');
    try {
      await expect(hosted.load(FAULTY)).rejects.toMatchObject({
        code: 'unavailable',
        message: 'runner model/1#0 is gone: could not be started: ENOENT',
      });
    } finally {
      process.execPath = execPath;
    }
  });

  test('gives up on an inline load that takes too long', async () => {
    const clock = new FakeClock();
    const other = createTestHost({}, clock);
    const file = writeOnnx(path.join(folder, 'slow.onnx'), identityGraph([{ name: 'x', type: 'float32', dims: [1] }]));
    const loading = other.load(loadSpec({ runtime: 'onnx', path: file }), INLINE);
    loading.catch(() => undefined);
    await clock.advance(20_000);
    await expect(loading).rejects.toMatchObject({
      code: 'unavailable',
      message: 'loading took longer than 20000 ms',
    });
  });

  test.each([
    ['a runner process', IN_PROCESS, { runner: 'model/1#0', pid: expect.any(Number) }],
    ['the serving thread', INLINE, { instance: 'model/1#0' }],
  ])('makes known what a runtime reports from %s', async (_label, placement, fields) => {
    const file = writeOnnx(
      path.join(folder, 'reports.onnx'),
      identityGraph([{ name: 'x', type: 'float32', dims: [1] }]),
    );
    writeFileSync(path.join(folder, 'not-a-folder'), '');
    const cacheFolder = path.join(folder, 'not-a-folder');
    const options = { cacheOptimizedGraph: true };
    const instance = await hosted.load(loadSpec({ runtime: 'onnx', path: file, options, cacheFolder }), placement);
    const diagnostic = await hosted.event('diagnostic');
    expect(diagnostic).toMatchObject({ level: 'warn', room: 'runtimes', fields });
    expect(diagnostic.message).toMatch(/^the optimised graph could not be cached: /);
    await instance.close();
  });
});

describe('a shared runner', () => {
  const shared: Placement = { kind: 'process', runner: 'small', maxRssBytes: 0 };

  test('tells each model when it was last busy with loading any', async () => {
    const clock = new FakeClock();
    const timed = createTestHost({}, clock);
    const first = await timed.load(FAULTY, shared, 'a/1#0');
    const loadedAt = clock.now();
    await clock.advance(100);
    expect(first.lastLoadAt).toBe(loadedAt);
    const loading = timed.load(FAULTY, shared, 'b/1#0');
    await clock.advance(200);
    expect(first.lastLoadAt).toBe(clock.now());
    await loading;
    const againAt = clock.now();
    await clock.advance(100);
    expect(first.lastLoadAt).toBe(againAt);
    await timed.host.close();
  });

  test('runs several models in one process and ends with the last of them', async () => {
    const first = await hosted.load(FAULTY, shared, 'a/1#0');
    const second = await hosted.load(FAULTY, shared, 'b/1#0');
    expect(second.pid).toBe(first.pid);
    expect(await hosted.event('runnerStarted')).toMatchObject({ runner: 'small' });
    await first.close();
    expect((await runBatch(second, [faultyItem(1)])).emissions[0]?.error).toBeUndefined();
    await second.close();
    expect(await second.exited).toBe('closed');
  });

  test('fails the work of all its models when one of them kills it, and is started anew', async () => {
    const first = await hosted.load(FAULTY, shared, 'a/1#0');
    const second = await hosted.load(FAULTY, shared, 'b/1#0');
    const errors = await Promise.all([failureOf(first, 'exit'), failureOf(second, 'raise')]);
    expect(errors).toMatchObject([{ started: true }, { started: false }]);
    expect(await second.exited).toBe('exited with code 3');
    const third = await hosted.load(FAULTY, shared, 'a/1#1');
    expect(third.pid).not.toBe(first.pid);
    expect((await runBatch(third, [faultyItem(1)])).emissions[0]?.error).toBeUndefined();
  });

  test('outlives a model that cannot be loaded', async () => {
    const first = await hosted.load(FAULTY, shared, 'a/1#0');
    await expect(hosted.load(loadSpec({ runtime: 'echo' }), shared, 'b/1#0')).rejects.toMatchObject({
      code: 'invalid_argument',
    });
    expect((await runBatch(first, [faultyItem(1)])).emissions[0]?.error).toBeUndefined();
  });
});

describe('frames', () => {
  const anyShape: Signature = {
    inputs: [
      { name: 'x', datatype: 'FP32', shape: [], batchAxis: null, optional: false },
      { name: 's', datatype: 'BYTES', shape: [], batchAxis: null, optional: false },
    ],
    outputs: [
      { name: 'x', datatype: 'FP32', shape: [], batchAxis: null, optional: false },
      { name: 's', datatype: 'BYTES', shape: [], batchAxis: null, optional: false },
    ],
  };
  const load = () => hosted.load(loadSpec({ runtime: 'echo', declared: anyShape }), IN_PROCESS);
  const noBytes = { name: 's', datatype: 'BYTES', shape: [0], data: new Uint8Array() } as const;

  test('carry scalars and empty tensors', async () => {
    const inputs = [fp32('x', [], [42]), noBytes];
    const { emissions } = await runBatch(await load(), [batchItem(1, inputs), batchItem(2, [fp32('x', [3, 0], [])])]);
    expect(emissions.map((emission) => emission.outputs)).toEqual([inputs, [fp32('x', [3, 0], [])]]);
  });

  test('carry items without any tensor', async () => {
    const { emissions } = await runBatch(await load(), [batchItem(1, [])]);
    expect(emissions).toEqual([{ callId: 1, outputs: [], final: true }]);
  });

  test('carry 50 MB, twice at a time, unchanged', async () => {
    const instance = await load();
    const values = Float32Array.from({ length: 13_000_000 }, (_, index) => index % 1_000_003);
    const tensor = { ...fp32('x', [values.length], []), data: new Uint8Array(values.buffer) };
    const results = await Promise.all([1, 2].map((id) => runBatch(instance, [batchItem(id, [tensor])], { id })));
    for (const { emissions } of results) {
      const data = emissions[0]?.outputs[0]?.data ?? new Uint8Array();
      expect(Buffer.compare(data, tensor.data)).toBe(0);
    }
  });

  test('keep a thousand outstanding batches apart', async () => {
    const instance = await load();
    const runs = Array.from({ length: 1_000 }, (_, id) => runBatch(instance, [batchItem(id, [fp32('x', [1], [id])])]));
    const answers = (await Promise.all(runs)).map(({ emissions }) => numbersOf(emissions[0]?.outputs[0])[0]);
    expect(answers).toEqual(Array.from({ length: 1_000 }, (_, id) => id));
  });

  test('refuse a tensor that the model does not have, without harm to others', async () => {
    const instance = await load();
    await expect(runBatch(instance, [batchItem(1, [fp32('z', [1], [1])])])).rejects.toMatchObject({
      code: 'internal',
      message: "tensor 'z' is not in the model's signature",
    });
    const emissions: Emission[] = [...(await runBatch(instance, [batchItem(2, [])])).emissions];
    expect(emissions).toHaveLength(1);
  });
});
