import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DecodeQueue, MAX_WAITING, type QueuedJob } from './decode-queue.js';

const LARGEST = 64;
const principals = fc.constantFrom<string>('a', 'b', 'c');
const sizes = fc.integer({ min: 1, max: LARGEST });
const jobs = fc.array(fc.record({ principal: principals, sizeBytes: sizes }), { maxLength: 200 });

type Sized = { readonly principal: string; readonly sizeBytes: number };

function queueOf(all: readonly Sized[]) {
  const queue = new DecodeQueue<Sized>();
  const items = all.map((job): QueuedJob<Sized> => queue.add({ job, ...job }));
  const rest = (): readonly Sized[] => {
    const taken: Sized[] = [];
    for (let job = queue.next(); job !== undefined; job = queue.next()) taken.push(job);
    return taken;
  };
  return { queue, items, rest };
}

describe('requests that wait for the decoding thread', () => {
  it('are each decoded once, those of a principal in their order, but for those whose callers left', () => {
    fc.assert(
      fc.property(jobs, fc.array(fc.nat(200)), (all, leaving) => {
        const { queue, items, rest } = queueOf(all);
        const left = new Set(leaving.flatMap((index) => all[index] ?? []));
        for (const item of items) if (left.has(item.job)) queue.remove(item);
        const decoded = rest();
        for (const name of ['a', 'b', 'c']) {
          const of = (list: readonly Sized[]) => list.filter((job) => job.principal === name && !left.has(job));
          expect(of(decoded)).toEqual(of(all));
        }
        expect(decoded).toHaveLength(all.length - left.size);
      }),
    );
  });

  it('give each principal as many bytes as the others that wait, up to a request of each', () => {
    fc.assert(
      fc.property(jobs, (all) => {
        const waiting = new Map<string, number>();
        for (const { principal } of all) waiting.set(principal, (waiting.get(principal) ?? 0) + 1);
        const bytes = new Map([...waiting.keys()].map((name) => [name, 0]));
        for (const { principal, sizeBytes } of queueOf(all).rest()) {
          // Who has nothing left to wait for has no claim to more.
          if ([...waiting.values()].some((count) => count === 0)) break;
          bytes.set(principal, (bytes.get(principal) ?? 0) + sizeBytes);
          waiting.set(principal, (waiting.get(principal) ?? 0) - 1);
          expect(Math.max(...bytes.values()) - Math.min(...bytes.values())).toBeLessThanOrEqual(2 * LARGEST);
        }
      }),
    );
  });

  it('let a principal that comes wait for one request of each other at most', () => {
    fc.assert(
      fc.property(jobs, fc.nat(100), (all, turns) => {
        const { queue, rest } = queueOf(all);
        for (let turn = 0; turn < turns; turn++) queue.next();
        queue.add({ job: { principal: 'new', sizeBytes: 1 }, principal: 'new', sizeBytes: 1 });
        const before = rest().findIndex(({ principal }) => principal === 'new');
        expect(before).toBeLessThanOrEqual(3);
      }),
    );
  });

  it('are refused where a principal has too many, and those of others are not', () => {
    const { queue } = queueOf(Array.from({ length: MAX_WAITING }, () => ({ principal: 'a', sizeBytes: 1 })));
    const add = (principal: string) => queue.add({ job: { principal, sizeBytes: 1 }, principal, sizeBytes: 1 });
    expect(() => add('a')).toThrow(
      expect.objectContaining({
        code: 'resource_exhausted',
        message: '1024 large requests of this caller wait to be decoded; try again later',
        retryAfterMs: 1_000,
      }),
    );
    expect(() => add('b')).not.toThrow();
    queue.next();
    expect(() => add('a')).not.toThrow();
  });
});
