import { beforeEach, describe, expect, it } from 'vitest';
import { FakeClock } from '../../../test/support/fake-clock.js';
import { finishedInference } from '../../../test/support/finished-inference.js';
import type { EncodedEntry } from '../chain/link.js';
import { readInferences } from '../entries.js';
import { InferenceBuffer, MAX_WAITING } from './inference-buffer.js';

const DETAIL = { withDigest: false, time: '2026-11-27T17:30:00.000Z' };

let clock: FakeClock;
let sent: (readonly EncodedEntry[])[];
/** What is being written: the disk takes it, or not. */
let answer: { readonly accept: () => void; readonly refuse: () => void } | undefined;
beforeEach(() => {
  clock = new FakeClock();
  sent = [];
  answer = undefined;
});

function start({ keepsAll = false } = {}): InferenceBuffer {
  return new InferenceBuffer({
    clock,
    keepsAll,
    write: (entries) => {
      expect(answer).toBeUndefined();
      sent.push(entries);
      return new Promise((resolve, reject) => {
        answer = { accept: () => resolve(undefined), refuse: () => reject(new Error('disk full')) };
      });
    },
  });
}

/** Ends what is being written. */
async function end(how: 'accept' | 'refuse'): Promise<void> {
  const ending = answer;
  answer = undefined;
  ending?.[how]();
  await clock.flush();
}

function add(buffer: InferenceBuffer, from: number, count = 1): void {
  for (let index = from; index < from + count; index++) buffer.add(finishedInference(`r${index}`), DETAIL);
}

/** What was sent to be written the last time: of dropped ones their number, of inferences their requests. */
function lastSent(): readonly unknown[] {
  const entries = (sent.at(-1) ?? []).map((entry) => JSON.parse(Buffer.from(entry).toString()));
  return entries.flatMap((entry) => readInferences(entry)?.map(({ request_id }) => request_id) ?? [entry.count]);
}

const requests = (from: number, count: number) => Array.from({ length: count }, (_, index) => `r${from + index}`);

describe('inferences on their way to the files', () => {
  it('go together, a tenth of a second after the first', async () => {
    const buffer = start();
    add(buffer, 0, 3);
    await clock.advance(99);
    expect(sent).toEqual([]);
    await clock.advance(1);
    expect(sent).toHaveLength(1);
    expect(sent[0]).toHaveLength(1);
    expect(lastSent()).toEqual(['r0', 'r1', 'r2']);
    await end('accept');
    expect(clock.pendingTimers).toBe(0);
  });

  it('gather while others are written', async () => {
    const buffer = start();
    add(buffer, 0);
    await clock.advance(100);
    add(buffer, 1, 2);
    await clock.advance(10_000);
    expect(sent).toHaveLength(1);
    await end('accept');
    await clock.advance(100);
    expect(lastSent()).toEqual(['r1', 'r2']);
  });

  it('go in entries of a bounded length where they are many', async () => {
    const buffer = start();
    add(buffer, 0, 10_000);
    await clock.advance(100);
    const lengths = sent[0]?.map(({ length }) => length) ?? [];
    expect(lengths.length).toBeGreaterThan(2);
    expect(Math.max(...lengths)).toBeLessThan(66_000);
    expect(lastSent()).toEqual(requests(0, 10_000));
  });

  it('are dropped beyond 20,000 that wait, and it is said how many were', async () => {
    const buffer = start();
    add(buffer, 0, 1_000);
    await clock.advance(100);
    add(buffer, 1_000, MAX_WAITING);
    expect(buffer.isFull).toBe(true);
    await end('accept');
    expect(buffer.isFull).toBe(false);
    await clock.advance(100);
    expect(lastSent()).toEqual([1_000, ...requests(1_000, MAX_WAITING - 1_000)]);
    await end('accept');
    add(buffer, 50_000);
    await clock.advance(100);
    expect(lastSent()).toEqual(['r50000']);
  });

  it('are dropped where they cannot be written, which is said when the next can', async () => {
    const buffer = start();
    add(buffer, 0, 3);
    await clock.advance(100);
    await end('refuse');
    add(buffer, 3, 2);
    await clock.advance(999);
    expect(sent).toHaveLength(1);
    await clock.advance(1);
    expect(lastSent()).toEqual([3, 'r3', 'r4']);
    await end('refuse');
    await clock.advance(1_000);
    expect(lastSent()).toEqual([5]);
    await end('accept');
    expect(clock.pendingTimers).toBe(0);
  });

  it('are all kept, in their order, where whoever adds asks before', async () => {
    const buffer = start({ keepsAll: true });
    add(buffer, 0, 3);
    await clock.advance(100);
    add(buffer, 3, MAX_WAITING - 3);
    expect(buffer.isFull).toBe(true);
    // Those that were asked for already.
    add(buffer, MAX_WAITING, 2);
    await end('refuse');
    expect(buffer.isFull).toBe(true);
    await clock.advance(1_000);
    expect(lastSent()).toEqual(requests(0, MAX_WAITING + 2));
    await end('accept');
    expect(buffer.isFull).toBe(false);
    expect(clock.pendingTimers).toBe(0);
  });

  it('are written at once where somebody looks for them, or the server stops', async () => {
    const buffer = start();
    add(buffer, 0);
    await clock.advance(100);
    add(buffer, 1);
    const flushed = [buffer.flush(), buffer.flush()];
    await end('accept');
    expect(lastSent()).toEqual(['r1']);
    await end('accept');
    await Promise.all(flushed);
    expect(sent).toHaveLength(2);
    add(buffer, 2);
    const closed = buffer.close();
    expect(lastSent()).toEqual(['r2']);
    await end('refuse');
    await closed;
    expect(clock.pendingTimers).toBe(0);
  });
});
