import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { createTempFolder } from '../../../test/support/model-folder.js';
import { type InferResult, MillraceClientError, toResult } from '../../client/index.js';
import { type ErrorCode, encodeElements } from '../../core/index.js';
import type { LoggedTensor, PayloadRecord } from '../../payloads/index.js';
import { readRecords } from './record-source.js';
import { type ReplaySetup, replay } from './replay.js';

const tensor = (name: string, value: number, more: Partial<LoggedTensor> = {}): LoggedTensor => ({
  name,
  datatype: 'FP32',
  shape: [1],
  data: [value],
  ...more,
});

function record(value: number, more: Partial<PayloadRecord> = {}): PayloadRecord {
  return {
    format: 1,
    at: '2026-12-03T12:00:00.000Z',
    request_id: `r${value}`,
    model: 'm',
    version: 1,
    principal: 'p',
    dialect: 'oip',
    status: 'ok',
    latency_ms: 1,
    compute_ms: 1,
    inputs: [tensor('x', value)],
    outputs: [tensor('y', 2 * value)],
    ...more,
  };
}

/** Version 2 of `m`, which doubles numbers; others are errors of the status 503 and so on. */
function createModel(errors: Readonly<Record<number, ErrorCode>> = {}) {
  let running = 0;
  let mostRunning = 0;
  const infer = async (inputs: Readonly<Record<string, unknown>>): Promise<InferResult> => {
    mostRunning = Math.max(mostRunning, ++running);
    await new Promise(setImmediate);
    running--;
    const [value = 0] = (inputs.x as { readonly data: Float32Array }).data;
    const code = errors[value];
    if (code !== undefined) throw new MillraceClientError(code, 'no', { status: 500 });
    const data = encodeElements('y', 'FP32', [2 * value]);
    const tensors = [{ name: 'y', datatype: 'FP32', shape: [1], data } as const];
    return toResult(
      { modelName: 'm@next', modelVersion: '2', id: '', parameters: {}, tensors },
      { requestId: undefined, timingMs: { compute: 2 } },
    );
  };
  return { model: { name: 'm', infer } as unknown as ReplaySetup['model'], mostRunning: () => mostRunning };
}

async function* each(records: readonly PayloadRecord[]) {
  yield* records;
}

const replayAll = (records: readonly PayloadRecord[], model: ReplaySetup['model'], concurrency = 1) =>
  replay({
    records: each(records),
    model,
    concurrency,
    rules: { absoluteTolerance: 0, relativeTolerance: 0, outputs: {} },
    maxSamples: 1,
    now: () => 0,
  });

describe('a replay', () => {
  it('compares answers and failures with the recorded ones, and keeps the worst disagreement', async () => {
    const { model } = createModel({ 3: 'internal', 4: 'internal', 5: 'unavailable', 6: 'resource_exhausted' });
    const failed = { status: 'internal', outputs: undefined } as unknown as Partial<PayloadRecord>;
    const records = [1, 3, 5, 6].map((value) => record(value));
    const off = record(2, { outputs: [tensor('y', 5)] });
    const { book } = await replayAll([...records, off, record(4, failed), record(7, failed)], model);
    expect(book.dropped).toEqual({ unavailable: 1, queue: 1 });
    expect(book.copied).toBe(5);
    const [pair] = book.report();
    expect(pair).toMatchObject({
      primary: 'm/1',
      shadow: 'm/2',
      requests: 5,
      compared: 2,
      agreement: { value: 0.5 },
      failures: { both: 1, onlyPrimary: 1, onlyShadow: 1 },
      errors: { internal: 2 },
      samples: [{ requestId: 'r2', primary: [{ elements: ['5'] }], shadow: [{ elements: ['4'] }] }],
    });
    expect(pair?.computeMs.requests).toBe(2);
  });

  it('leaves out what is not whole, has no answer, or depends on other requests', async () => {
    const { data: _, ...cut } = tensor('x', 1);
    const { book, skipped } = await replayAll(
      [
        record(1, { inputs: [{ ...cut, truncated: true }] }),
        record(1, { outputs: [{ ...cut, truncated: true }] }),
        record(1, { in_sequence: true }),
        record(1, { status: 'cancelled' }),
        record(1, { inputs: [{ ...cut, redacted: true }] }),
        record(1, { inputs: [{ ...cut, summary: { elements: 1 } }] }),
        record(1, { generation: { max_tokens: 1 } }),
      ],
      createModel().model,
    );
    expect(book.dropped).toEqual({ size: 2, sequence: 1, unanswered: 1 });
    expect(skipped).toEqual({ redacted: 2, generation: 1 });
    expect(book.copied).toBe(0);
  });

  it('runs so many requests at a time, and ends where the target may not be called', async () => {
    const { model, mostRunning } = createModel();
    await replayAll(
      Array.from({ length: 20 }, (_, index) => record(index)),
      model,
      3,
    );
    expect(mostRunning()).toBe(3);
    const refusing = createModel({ 1: 'permission_denied' }).model;
    await expect(replayAll([record(1)], refusing)).rejects.toThrow('no');
  });
});

it('records are read from a file or from all files of a folder, in their order', async () => {
  await using folder = await createTempFolder();
  const log = path.join(folder.path, 'log');
  await mkdir(log);
  const line = (value: number) => `${JSON.stringify(record(value))}\n`;
  await writeFile(path.join(log, 'b.jsonl'), `${line(3)}cut`);
  await writeFile(path.join(log, 'a.jsonl'), `${line(1)}${' '.repeat(20)}\n${line(2)}`);
  await writeFile(path.join(log, 'principal.key'), line(4));
  const read = async (place: string) => {
    const ids: string[] = [];
    for await (const { request_id: id } of readRecords(place)) ids.push(id);
    return ids;
  };
  expect(await read(log)).toEqual(['r1', 'r2', 'r3']);
  expect(await read(path.join(log, 'b.jsonl'))).toEqual(['r3']);
  const missing = path.join(log, 'missing');
  await expect(read(missing)).rejects.toThrow(`${missing} does not exist`);
});
