import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { callOf, Outcome } from '../../test/support/engine-fixture.js';
import { FakeClock } from '../../test/support/fake-clock.js';
import { principalWith } from '../../test/support/principals.js';
import { type InferRequest, type InferResponse, MillraceError, packBytes, type Tensor } from '../core/index.js';
import { runRows } from './row-requests.js';
import { StatisticsCounter } from './statistics.js';
import { NO_CREDIT, type Submission } from './types.js';

const ANY = Number.POSITIVE_INFINITY;
const REF = { name: 'm', version: 1, generation: 1 };

/** A request of `rows` texts whose rows end when the test says so; `capacity`: rows that the queue takes, `spare`: before half of it is taken. */
function setUp(rows: number, { capacity = ANY, spare = ANY, values = rows } = {}) {
  const clock = new FakeClock();
  const statistics = new StatisticsCounter(REF);
  const call = callOf(principalWith('caller', 'caller'));
  const outcome = new Outcome();
  const open = new Map<number, Submission>();
  const begun: number[] = [];
  const text: Tensor = {
    name: 'text',
    datatype: 'BYTES',
    shape: [rows],
    data: packBytes(Array.from({ length: rows }, (_, row) => Buffer.from(`text ${row}`))),
  };
  const query: Tensor = { name: 'query', datatype: 'BYTES', shape: [1], data: packBytes([Buffer.from('which')]) };
  const request = { id: 'r', inputs: [query, text], outputs: undefined, parameters: {} } as unknown as InferRequest;
  const checked = {
    inputs: [query, text],
    rows,
    sizeBytes: 1,
    shapeKey: '',
    outputs: undefined,
    generation: undefined,
  };
  const next = (submission: Submission) => {
    const row = submission.checked?.prepared?.cost ?? -1;
    if (open.size >= capacity && submission.isAdmitted !== true) {
      submission.sink.onEnd(new MillraceError('resource_exhausted', 'the queue is full'));
      return NO_CREDIT;
    }
    begun.push(row);
    open.set(row, submission);
    submission.call.onCancel((reason) => {
      open.delete(row);
      submission.sink.onEnd(reason);
    });
    return NO_CREDIT;
  };
  const prepared = Array.from({ length: values }, (_, row) => ({ cost: row, value: Uint8Array.of(row % 256) }));
  const begin = () =>
    runRows(
      { request, call, sink: outcome, checked },
      { prepared, next, hasSpareRoom: () => open.size < spare, clock, statistics },
    );
  const end = (row: number, error?: MillraceError) => {
    const submission = open.get(row);
    if (submission === undefined) throw new Error(`row ${row} is not under way`);
    open.delete(row);
    // As schedulers do.
    submission.call.onCancel(undefined);
    const { timing } = submission.call;
    Object.assign(timing, {
      dequeuedAt: 10 + row,
      startedAt: 20 + row,
      finishedAt: 40 + row,
      computeInferMs: 8,
      batchRows: 4,
    });
    if (error === undefined) {
      const usage = { promptTokens: row, completionTokens: 0 };
      timing.usage = usage;
      const data = new Uint8Array(Float32Array.of(row, row).buffer);
      const outputs = [{ name: 'embedding', datatype: 'FP32', shape: [1, 2], data } as const];
      submission.sink.onResponse({ ref: REF, id: 'r', outputs, parameters: {}, usage });
    }
    submission.sink.onEnd(error);
  };
  return { begin, end, open, begun, outcome, call, statistics: statistics.values };
}

describe('a request whose rows run apart', () => {
  it('is answered in the order of its rows, whatever the order in which they end', () => {
    const property = fc.property(fc.array(fc.nat(), { minLength: 2, maxLength: 300 }), (seeds) => {
      const { begin, end, open, outcome, call, statistics } = setUp(seeds.length);
      begin();
      for (const seed of seeds) {
        expect(open.size).toBeLessThanOrEqual(256);
        const rows = [...open.keys()];
        end(rows[seed % rows.length] as number);
      }
      expect(outcome.kind).toBe('ok');
      const [response] = outcome.responses as [InferResponse];
      expect(response.outputs[0]?.shape).toEqual([seeds.length, 2]);
      const { data } = response.outputs[0] as Tensor;
      const values = new Float32Array(data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength));
      expect([...values]).toEqual(seeds.flatMap((_, row) => [row, row]));
      const tokens = (seeds.length * (seeds.length - 1)) / 2;
      expect(response.usage).toEqual({ promptTokens: tokens, completionTokens: 0 });
      expect(call.timing).toMatchObject({
        dequeuedAt: 10,
        startedAt: 20,
        finishedAt: 39 + seeds.length,
        computeInferMs: seeds.length * 2,
        batchRows: seeds.length,
      });
      expect([call.openChildren, statistics.success.count, statistics.fail.count]).toEqual([0, 1, 0]);
    });
    fc.assert(property);
  });

  it('sends each row as a request that another generation can run', () => {
    const { begin, open } = setUp(2);
    begin();
    const { request, checked } = open.get(1) as Submission;
    expect(request.inputs.map(({ name, shape, data }) => [name, shape, String(Buffer.from(data.subarray(4)))])).toEqual(
      [
        ['query', [1], 'which'],
        ['text', [1], 'text 1'],
      ],
    );
    expect(checked).toMatchObject({ rows: 1, isRow: true, sizeBytes: 20, prepared: { cost: 1 } });
  });

  it('fails with the first row that fails, and begins no other', () => {
    const { begin, end, open, outcome, call, statistics } = setUp(300);
    begin();
    end(0);
    end(7, new MillraceError('invalid_argument', 'no such token'));
    expect(outcome.error).toMatchObject({ code: 'invalid_argument', message: 'no such token' });
    expect([open.size, call.openChildren, outcome.responses]).toEqual([0, 0, []]);
    expect([statistics.success.count, statistics.fail.count]).toEqual([0, 1]);
  });

  it('ends with its caller', () => {
    const { begin, open, outcome, call } = setUp(300);
    begin();
    call.cancel(new MillraceError('cancelled', 'the client is gone'));
    expect([outcome.error?.message, open.size]).toEqual(['the client is gone', 0]);
  });

  it('is refused with its first row only', () => {
    const { begin, end, begun, outcome } = setUp(5, { capacity: 1, spare: 0 });
    begin();
    for (const row of [0, 1, 2, 3, 4]) end(row);
    expect([begun, outcome.kind]).toEqual([[0, 1, 2, 3, 4], 'ok']);
    const full = setUp(5, { capacity: 0 });
    full.begin();
    expect([full.begun, full.outcome.error?.message]).toEqual([[], 'the queue is full']);
  });

  it('leaves half of the queue to other requests', () => {
    const { begin, end, begun } = setUp(5, { spare: 2 });
    begin();
    expect(begun).toEqual([0, 1]);
    end(0);
    expect(begun).toEqual([0, 1, 2]);
    const none = setUp(5, { spare: 0 });
    none.begin();
    expect(none.begun).toEqual([0]);
  });

  it('begins a row again that had to make way for the request of another caller', () => {
    const { begin, end, open, begun, outcome } = setUp(3);
    begin();
    const row = open.get(1) as Submission;
    open.delete(1);
    row.call.onCancel(undefined);
    row.sink.onEnd(new MillraceError('resource_exhausted', 'the queue is full'));
    expect(outcome.kind).toBe('pending');
    end(0);
    expect(begun).toEqual([0, 1, 2, 1]);
    end(1);
    end(2);
    expect(outcome.kind).toBe('ok');
  });

  it('needs a value for each row', () => {
    expect(setUp(3, { values: 2 }).begin).toThrow('the preparer of the runtime gave 2 values for 3 rows');
  });
});
