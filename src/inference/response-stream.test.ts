import { describe, expect, it } from 'vitest';
import { call as openCall } from '../../test/support/engine-fixture.js';
import { ByteBudget, type InferResponse, MillraceError, packBytes } from '../core/index.js';
import { UnreadAnswers } from '../engine/index.js';
import { STREAM_CREDIT } from '../runtimes/index.js';
import { ResponseStream } from './response-stream.js';

const answer = (text: string): InferResponse => ({
  ref: { name: 'm', version: 1, generation: 1 },
  id: '',
  outputs: [{ name: 'text', datatype: 'BYTES', shape: [1], data: packBytes([Buffer.from(text)]) }],
  parameters: {},
});
/** With what an answer takes besides its text of 84 bytes, and their length. */
const ANSWER_BYTES = 600;
const TEXT = 'x'.repeat(84);

function setUp(maxBytes: number | undefined) {
  const budget = new ByteBudget('the server', maxBytes ?? 0);
  const call = openCall();
  const granted: number[] = [];
  const ended: (MillraceError | undefined)[] = [];
  const stream = new ResponseStream(call, {
    onEnd: (error) => ended.push(error),
    goesOn: () => false,
    tell: (error) => error,
    unread: maxBytes === undefined ? undefined : new UnreadAnswers(budget),
  });
  // As the engine does.
  call.onCancel((reason) => stream.onEnd(reason));
  stream.grantsBy((answers) => granted.push(answers));
  const give = (count: number) => {
    for (let at = 0; at < count && ended.length === 0; at++) stream.onResponse(answer(TEXT));
  };
  const end = (error?: MillraceError) => {
    call.onCancel(undefined);
    stream.onEnd(error);
  };
  const read = async (count: number) => {
    for (let at = 0; at < count; at++) expect((await stream.next()).done).toBe(false);
  };
  return { budget, call, stream, granted, ended, give, end, read };
}

describe('the answers of a model that waits for its reader', () => {
  it('are granted as they are read', async () => {
    const { granted, give, read } = setUp(undefined);
    give(STREAM_CREDIT);
    expect(granted).toEqual([]);
    await read(STREAM_CREDIT);
    expect(granted).toEqual([STREAM_CREDIT / 2, STREAM_CREDIT / 2]);
  });
});

describe('the answers of a model of text', () => {
  it('are granted as they come, and count as memory behind the first of those that wait', async () => {
    const { budget, granted, give, read, end, stream } = setUp(1_000_000);
    give(STREAM_CREDIT + 64);
    expect(granted).toEqual(Array(6).fill(STREAM_CREDIT / 2));
    expect(budget.usedBytes).toBe(64 * ANSWER_BYTES);
    end();
    await read(STREAM_CREDIT + 64);
    expect(await stream.next()).toEqual({ done: true, value: undefined });
    expect(budget.usedBytes).toBe(0);
  });

  it('end with an error when the memory for them is full, after the answers that fit', async () => {
    const { budget, call, give, ended, read, stream } = setUp(20 * ANSWER_BYTES);
    give(1_000);
    const message =
      'the answer is read too slowly: the memory for text that waits for its readers (engine.maxInFlightBytes) is full';
    expect(ended).toEqual([new MillraceError('resource_exhausted', message)]);
    expect(call.cancelled?.code).toBe('resource_exhausted');
    expect(budget.usedBytes).toBe(10 * ANSWER_BYTES);
    await read(STREAM_CREDIT + 11);
    await expect(stream.next()).rejects.toThrow(message);
    expect(budget.usedBytes).toBe(0);
  });

  it.each<[string, (parts: ReturnType<typeof setUp>) => unknown]>([
    ['leaves the loop', ({ stream }) => stream.return()],
    ['leaves before it has begun to read', ({ call }) => call.end()],
    [
      'leaves after all is generated',
      ({ call, end }) => {
        end();
        call.end();
      },
    ],
  ])('give back their memory where the reader %s', (_, leave) => {
    const parts = setUp(1_000_000);
    parts.give(STREAM_CREDIT + 5);
    expect(parts.budget.usedBytes).toBe(5 * ANSWER_BYTES);
    leave(parts);
    expect(parts.budget.usedBytes).toBe(0);
  });

  it('are still read where a deadline has ended them', async () => {
    const { call, give, read, stream, budget } = setUp(1_000_000);
    give(STREAM_CREDIT + 5);
    call.cancel(new MillraceError('deadline_exceeded', 'too late'));
    await read(STREAM_CREDIT + 5);
    await expect(stream.next()).rejects.toThrow('too late');
    expect(budget.usedBytes).toBe(0);
  });
});
