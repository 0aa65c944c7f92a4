import { EventEmitter } from 'node:events';
import type { Worker } from 'node:worker_threads';
import { beforeEach, describe, expect, it } from 'vitest';
import { FakeClock } from '../../../test/support/fake-clock.js';
import type { GroupMessage } from '../../async/index.js';
import type { StoreRequest } from './messages.js';
import { StoreThread } from './store-thread.js';

/** A thread that answers when the test says so. */
class HeldThread extends EventEmitter {
  readonly messages: GroupMessage<StoreRequest>[] = [];
  isReferenced = true;
  ref() {
    this.isReferenced = true;
  }
  unref() {
    this.isReferenced = false;
  }
  postMessage(message: GroupMessage<StoreRequest>) {
    structuredClone(message);
    this.messages.push(message);
    if (message === 'close') this.emit('exit', 0);
  }
  /** Answers the last message with the inputs of its requests, and lets the store send the next ones. */
  async answer() {
    const requests = this.messages.at(-1) as readonly StoreRequest[];
    this.emit(
      'message',
      requests.map(({ input }) => ({ output: input })),
    );
    await new Promise(setImmediate);
  }
}

let clock: FakeClock;
let threads: HeldThread[];
let store: StoreThread;
beforeEach(() => {
  clock = new FakeClock();
  threads = [];
  const start = () => {
    const thread = new HeldThread();
    threads.push(thread);
    // What the store uses of a worker.
    return thread as unknown as Worker;
  };
  store = new StoreThread({ path: '/s.db', maxSizeBytes: 1 }, clock, start);
});

const put = (value: number) => store.request('putSnapshot', { kind: 'k', name: 'n', value });
const sizes = (thread: HeldThread | undefined) => thread?.messages.map((message) => message.length);

describe('the thread of a store', () => {
  it('gets together what is asked while it answers, and keeps the process alive only then', async () => {
    const all = [1, 2, 3].map(put);
    expect(sizes(threads[0])).toEqual([1]);
    await threads[0]?.answer();
    expect(sizes(threads[0])).toEqual([1, 2]);
    expect(threads[0]?.isReferenced).toBe(true);
    await threads[0]?.answer();
    expect(await Promise.all(all)).toMatchObject([{ value: 1 }, { value: 2 }, { value: 3 }]);
    expect([threads.length, threads[0]?.isReferenced, clock.pendingTimers]).toEqual([1, false, 0]);
  });

  it('gets together what callers request when they are answered', async () => {
    const first = put(1);
    const others = [put(2), put(3)];
    const next = first.then(() => put(4));
    await threads[0]?.answer();
    expect(sizes(threads[0])).toEqual([1, 3]);
    await threads[0]?.answer();
    expect(await Promise.all([...others, next])).toMatchObject([{ value: 2 }, { value: 3 }, { value: 4 }]);
  });

  it('is another one after it has ended; what it was writing is not known to be stored', async () => {
    const [first, second] = [put(1), put(2)];
    threads[0]?.emit('error', new Error('out of memory'));
    threads[0]?.emit('exit', 1);
    await expect(first).rejects.toMatchObject({
      code: 'unavailable',
      message: "the thread of the store '/s.db' has ended; what it was writing may be stored or not",
      cause: new Error('out of memory'),
    });
    await threads[1]?.answer();
    expect(await second).toMatchObject({ value: 2 });
  });

  it('refuses what would wait behind 1,000 others', async () => {
    const all = Array.from({ length: 1_001 }, (_, value) => put(value));
    await expect(put(0)).rejects.toMatchObject({
      code: 'unavailable',
      message: "1000 requests wait for the store '/s.db' already; try again later",
      retryAfterMs: 1_000,
    });
    for (let turn = 0; turn < 5; turn++) await threads[0]?.answer();
    expect(sizes(threads[0])).toEqual([1, 256, 256, 256, 232]);
    expect(await Promise.all(all)).toHaveLength(1_001);
  });

  it('is given up while its disk does not answer, and used again when it does', async () => {
    const message =
      "the disk of the store '/s.db' has not answered for 30000 ms; what needs it is refused until it does";
    const stalled = Promise.allSettled([put(1), put(2)]);
    await clock.advance(30_000);
    expect(await stalled).toMatchObject([{ reason: { code: 'unavailable', message } }, { reason: { message } }]);
    await expect(put(3)).rejects.toMatchObject({ message });
    await threads[0]?.answer();
    const later = put(4);
    await threads[0]?.answer();
    expect(await later).toMatchObject({ value: 4 });
  });

  it('refuses what cannot be copied, and goes on', async () => {
    const value = (() => 1) as unknown as number;
    await expect(put(value)).rejects.toMatchObject({ code: 'internal' });
    const next = put(1);
    await threads[0]?.answer();
    expect(await next).toMatchObject({ value: 1 });
  });

  it('keeps the process alive until it has closed the file', async () => {
    const done = put(1);
    await threads[0]?.answer();
    await done;
    expect(threads[0]?.isReferenced).toBe(false);
    await store.close();
    expect(threads[0]?.isReferenced).toBe(true);
  });

  it('ends when it has answered everything', async () => {
    const all = [put(1), put(2)];
    const closing = store.close();
    await threads[0]?.answer();
    await threads[0]?.answer();
    await closing;
    expect(await Promise.all(all)).toHaveLength(2);
    expect(threads[0]?.messages.at(-1)).toBe('close');
  });
});
