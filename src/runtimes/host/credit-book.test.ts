import { expect, test } from 'vitest';
import { batchItem } from '../../../test/support/tensors.js';
import { type Emission, STREAM_CREDIT } from '../batch.js';
import { CreditBook } from './credit-book.js';

const answer = (callId: number, final = false): Emission => ({ callId, outputs: [undefined as never], final });

function createBook(): CreditBook {
  const book = new CreditBook();
  book.open([batchItem(1, []), batchItem(2, [])]);
  return book;
}

/** Gives as many answers as there is room for at first; what the last of them returned. */
function fill(book: CreditBook, callId: number): Promise<void> | undefined {
  for (let round = 1; round < STREAM_CREDIT; round++) expect(book.spend([answer(callId)])).toBeUndefined();
  return book.spend([answer(callId)])?.[0];
}

test('every emission waits for its own reader, whoever else was emitted for', async () => {
  const book = createBook();
  void fill(book, 1);
  void fill(book, 2);
  const done: number[] = [];
  const [first, second] = book.spend([answer(1), answer(2)]) ?? [];
  const both = [first?.then(() => done.push(1)), second?.then(() => done.push(2))];
  book.grant(1, 5);
  await both[0];
  book.grant(2, 1);
  await new Promise((resolve) => setImmediate(resolve));
  expect(done).toEqual([1]);
  book.grant(2, 1);
  await both[1];
  expect(done).toEqual([1, 2]);
});

test('an emission says which of its readers have room', () => {
  const book = createBook();
  for (let round = 1; round < STREAM_CREDIT; round++) book.spend([answer(2)]);
  expect(book.spend([answer(1), answer(2), answer(3, true)])).toEqual([undefined, expect.any(Promise), undefined]);
});

test('neither the end of an item nor an emission without outputs takes room', () => {
  const book = createBook();
  for (let round = 0; round < 100; round++) {
    expect(book.spend([{ callId: 1, outputs: [], final: false }])).toBeUndefined();
  }
  void fill(book, 2);
  expect(book.spend([answer(2, true)])).toBeUndefined();
});

test('the end of its batch lets go whoever waits', async () => {
  const book = createBook();
  const waiting = fill(book, 1);
  book.close([batchItem(1, [])]);
  await waiting;
});

test('a model that answers a reader who has left lets others have their turn', async () => {
  const book = createBook();
  book.forget(1);
  let turned = false;
  setImmediate(() => {
    turned = true;
  });
  await book.spend([answer(1)])?.[0];
  expect(turned).toBe(true);
});

test('a model that never waits is told off', () => {
  const book = createBook();
  void fill(book, 1);
  for (let round = 0; round < 1_024; round++) book.spend([answer(1)]);
  expect(() => book.spend([answer(1)])).toThrow(
    'the model gave 1024 answers without waiting until their reader has room; await what emit returns',
  );
});

test.each<[string, Partial<Emission>, boolean]>([
  ['outputs', { outputs: [undefined as never] }, true],
  ['a piece of generated text', { delta: { text: '' } }, true],
  ['an error', { error: { code: 'internal', message: 'no' } }, true],
  ['nothing', {}, false],
])('an emission with %s takes room of its reader, or not', (_, fields, takes) => {
  const book = createBook();
  const emit = () => book.spend([{ callId: 1, outputs: [], final: false, ...fields }]);
  for (let round = 1; round < STREAM_CREDIT; round++) expect(emit()).toBeUndefined();
  expect(emit() !== undefined).toBe(takes);
});
