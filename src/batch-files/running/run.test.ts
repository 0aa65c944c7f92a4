import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DOUBLING, doubleRows, planDoubling, scratchFolder } from '../../../test/support/batch-files.js';
import { MillraceError, systemClock } from '../../core/index.js';
import { openInput } from '../formats.js';
import type { PlanQuestion } from '../plan.js';
import type { AnswerBatch, OutputFormat } from '../types.js';
import type { ErrorLimit } from './progress.js';
import { runBatchFile } from './run.js';
import { hasState, RunState } from './run-state.js';

interface Given extends Partial<PlanQuestion> {
  readonly folder: string;
  readonly input: string;
  readonly format?: OutputFormat;
  readonly answer?: AnswerBatch;
  readonly maxErrors?: ErrorLimit;
  readonly signal?: AbortSignal;
  readonly restart?: boolean;
  readonly identity?: Readonly<Record<string, string>>;
}

/** One run of a file through the doubling model. */
async function run({ folder, input, format = 'jsonl', answer = doubleRows, ...options }: Given) {
  const {
    maxErrors = { share: 1 },
    signal = new AbortController().signal,
    restart = false,
    identity = {},
    ...plan
  } = options;
  const output = path.join(folder, `out.${format}`);
  const { reader, format: inputFormat } = await openInput(path.join(folder, input), 1_000);
  const state = await RunState.open(output, identity, restart);
  try {
    const files = { output, errors: path.join(folder, 'errors.jsonl') };
    return await runBatchFile({
      ...files,
      plan: planDoubling(reader.columns, { inputFormat, outputFormat: format, checkpointRows: 8, ...plan }),
      model: DOUBLING,
      answer,
      reader,
      state,
      inFlight: 3,
      maxErrors,
      clock: systemClock,
      signal,
      onProgress: () => undefined,
      keepsParts: false,
    });
  } finally {
    state.release();
    await reader.close();
  }
}

const lines = (...paths: readonly string[]) =>
  readFileSync(path.join(...paths), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

function writeRows(rows: readonly unknown[]): string {
  const folder = scratchFolder();
  writeFileSync(path.join(folder, 'in.jsonl'), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  return folder;
}

describe('a run', () => {
  it('writes each row once and in order, and each failed row with its reason', async () => {
    const rows = Array.from({ length: 30 }, (_, id) => ({ id, x: [id, id + 0.5] }));
    const folder = writeRows([
      ...rows.slice(0, 5),
      'no object',
      ...rows.slice(5, 20),
      { id: 'b', x: [1] },
      ...rows.slice(20),
    ]);
    const { counts } = await run({ folder, input: 'in.jsonl', keep: ['id'], numberColumn: 'row' });
    expect(lines(folder, 'out.jsonl')).toEqual(
      rows
        .filter(({ id }) => id !== 13)
        .map(({ id, x }) => ({ row: id + 1 + (id >= 5 ? 1 : 0) + (id >= 20 ? 1 : 0), id, y: x.map((one) => one * 2) })),
    );
    expect(lines(folder, 'errors.jsonl')).toEqual([
      { row: 6, line: 6, kind: 'unreadable', message: 'the line is a string: expected an object' },
      { row: 15, line: 15, kind: 'model', message: "'x' brings bad luck" },
      { row: 22, line: 22, kind: 'mismatch', message: "column 'x': expected FP32[2], got 1 elements" },
    ]);
    expect(counts).toMatchObject({ rows: 32, written: 29, failed: { unreadable: 1, mismatch: 1, model: 1 } });
    expect(await hasState(path.join(folder, 'out.jsonl'))).toBe(false);
  });

  it('stops when too many rows have failed, and goes on where more may', async () => {
    const folder = writeRows(Array.from({ length: 40 }, (_, id) => ({ x: id % 2 === 0 ? [13, 0] : [1, 0] })));
    const given = { folder, input: 'in.jsonl' };
    await expect(run({ ...given, maxErrors: { count: 3 } })).rejects.toThrow(
      /^4 of 8 rows have failed, more than --max-errors 3; the reasons are in .*errors\.jsonl\. Give a larger --max-errors to go on, or correct the input and give --restart$/,
    );
    await expect(run({ ...given, maxErrors: { share: 0.1 } })).rejects.toThrow(
      '12 of 24 rows have failed, more than --max-errors 10%;',
    );
    const { counts, resumedRows } = await run({ ...given, maxErrors: { share: 0.5 } });
    expect({ resumedRows, written: counts.written, failed: counts.failed.model }).toEqual({
      resumedRows: 24,
      written: 20,
      failed: 20,
    });
    expect(lines(folder, 'out.jsonl')).toHaveLength(20);
    expect(lines(folder, 'errors.jsonl')).toHaveLength(20);
  });

  it('is refused while another one has its output, and where it is of something else', async () => {
    const folder = writeRows([{ x: [1, 2] }]);
    const output = path.join(folder, 'out.jsonl');
    const held = await RunState.open(output, { model: 'a' }, false);
    await expect(RunState.open(output, { model: 'a' }, false)).rejects.toThrow(
      `another run writes ${output}: wait for its end, or choose another --output`,
    );
    held.release();
    await expect(run({ folder, input: 'in.jsonl', identity: { model: 'b' } })).rejects.toThrow(
      `${output} was begun by another run (model: a before, b now): --restart discards what it did, another --output leaves it alone`,
    );
    await run({ folder, input: 'in.jsonl', identity: { model: 'b' }, restart: true });
    expect(lines(output)).toEqual([{ y: [2, 4] }]);
  });

  it('waits for a model that is busy, and ends where it is gone', async () => {
    const folder = writeRows([{ x: [1, 2] }]);
    let refusals = 0;
    const busy: AnswerBatch = (...asked) => {
      if (refusals++ === 0) throw new MillraceError('resource_exhausted', 'the queue is full', { retryAfterMs: 1 });
      return doubleRows(...asked);
    };
    await run({ folder, input: 'in.jsonl', answer: busy });
    const gone: AnswerBatch = async () => {
      throw new MillraceError('not_found', 'there is no such model');
    };
    await expect(run({ folder, input: 'in.jsonl', answer: gone, restart: true })).rejects.toThrow(
      'there is no such model',
    );
  });
});

describe.each<OutputFormat>(['jsonl', 'csv', 'parquet'])('an output of %s', (format) => {
  const row = fc.oneof(
    {
      weight: 8,
      arbitrary: fc.record({ id: fc.integer(), x: fc.tuple(fc.integer({ min: 0, max: 99 }), fc.constant(1)) }),
    },
    fc.constantFrom({ x: [13, 1] }, { x: 'bad' }, 7),
  );
  const rows = fc.array(row, { minLength: 1, maxLength: 60 });

  it('is the same byte by byte, wherever runs of it were stopped', { timeout: 60_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(rows, fc.array(fc.nat(20), { maxLength: 3 }), async (given, stops) => {
        const whole = writeRows([{ id: 0, x: [1, 1] }, ...given]);
        const parts = writeRows([{ id: 0, x: [1, 1] }, ...given]);
        const options = { input: 'in.jsonl', format, keep: ['id'], maxErrors: { share: 1 } };
        await run({ folder: whole, ...options });
        for (const stop of stops) {
          let asked = 0;
          const stopping: AnswerBatch = async (...args) => {
            if (asked++ === stop) throw new MillraceError('cancelled', 'killed');
            return doubleRows(...args);
          };
          await run({ folder: parts, ...options, answer: stopping, restart: false }).catch((error: Error) => {
            if (error.message !== 'killed') throw error;
          });
        }
        if (await hasState(path.join(parts, `out.${format}`))) await run({ folder: parts, ...options });
        else if (stops.length === 0) await run({ folder: parts, ...options });
        for (const name of [`out.${format}`, 'errors.jsonl']) {
          expect(fileOf(parts, name)).toEqual(fileOf(whole, name));
        }
      }),
      { numRuns: format === 'parquet' ? 10 : 40 },
    );
  });
});

function fileOf(folder: string, name: string): string | undefined {
  try {
    return readFileSync(path.join(folder, name), 'latin1');
  } catch {
    return undefined;
  }
}
