import { describe, expect, it } from 'vitest';
import type { JobLane } from '../store/index.js';
import { Lanes } from './lanes.js';

const lane = (owner: string, model = 'm', priority: JobLane['priority'] = 'background'): JobLane => ({
  owner,
  model,
  priority,
});
const ANY = () => Number.POSITIVE_INFINITY;

function createFixture() {
  const lanes = new Lanes();
  return {
    lanes,
    add: (of: JobLane, queued: number) => lanes.add(of, { queued, oldestAtMs: 0, isDue: true }),
    /** Starts one job after the other, and gives whose they were. */
    run(count: number, roomFor = ANY): string {
      let owners = '';
      for (let index = 0; index < count; index++) {
        const next = lanes.next(roomFor);
        if (next === undefined) return `${owners}.`;
        const { owner, model, priority } = next;
        lanes.started({ owner, model, priority }, 1);
        lanes.take({ owner, model, priority }, 1);
        owners += owner;
      }
      return owners;
    },
  };
}

describe('whose job is next', () => {
  it('goes in turns between owners', () => {
    const { add, run } = createFixture();
    add(lane('a'), 6);
    add(lane('b'), 2);
    expect(run(9)).toBe('ababaaaa.');
  });

  it('goes by weight', () => {
    const { lanes, add, run } = createFixture();
    add(lane('a'), 6);
    add(lane('b'), 6);
    lanes.setWeight('b', 3);
    expect(run(8)).toBe('abbbabbb');
  });

  it('gives an owner that comes late no more than its share', () => {
    const { add, run } = createFixture();
    add(lane('a'), 20);
    expect(run(4)).toBe('aaaa');
    add(lane('b'), 4);
    expect(run(8)).toMatch(/^(ba){4}$|^(ab){4}$/);
  });

  it('is a normal one before any of the background', () => {
    const { add, run } = createFixture();
    add(lane('a'), 2);
    add(lane('b', 'm', 'normal'), 2);
    expect(run(5)).toBe('bbaa.');
  });

  it('passes over models without room, and an owner goes on with its next model', () => {
    const { lanes, add } = createFixture();
    add(lane('a', 'full'), 1);
    add(lane('a', 'free'), 1);
    expect(lanes.next((model) => (model === 'full' ? 0 : 1))?.model).toBe('free');
    expect(lanes.next(() => 0)).toBeUndefined();
  });

  it('passes over jobs whose time has not come, until they are woken or one that is due comes', () => {
    const { lanes, add } = createFixture();
    lanes.add(lane('a'), { queued: 1, oldestAtMs: 0, isDue: false });
    expect(lanes.next(ANY)).toBeUndefined();
    lanes.wakeAll(0);
    expect(lanes.next(ANY)?.owner).toBe('a');
    lanes.early(lane('a'), lanes.wakes);
    expect(lanes.next(ANY)).toBeUndefined();
    add(lane('a'), 1);
    expect(lanes.next(ANY)?.queued).toBe(2);
  });

  it('is not passed over by an answer that is older than a wake', () => {
    const { lanes, add } = createFixture();
    add(lane('a'), 1);
    const { wakes } = lanes;
    lanes.wakeAll(0);
    lanes.early(lane('a'), wakes);
    expect(lanes.next(ANY)?.owner).toBe('a');
  });

  it('is not passed over by an answer that is older than its submission', () => {
    const { lanes, add } = createFixture();
    const { wakes } = lanes;
    add(lane('a'), 1);
    lanes.early(lane('a'), wakes);
    expect(lanes.next(ANY)?.owner).toBe('a');
  });
});

it('counts what is queued of each model, and since when', () => {
  const lanes = new Lanes();
  lanes.add(lane('a'), { queued: 2, oldestAtMs: 50, isDue: true });
  lanes.add(lane('b'), { queued: 1, oldestAtMs: 20, isDue: true });
  expect(lanes.sizes().get('m')).toEqual({ queued: 3, oldestAtMs: 20 });
  lanes.take(lane('b'), 1);
  lanes.take(lane('a'), 1, 60);
  expect(lanes.sizes().get('m')).toEqual({ queued: 1, oldestAtMs: 60 });
  lanes.take(lane('a'), 1);
  expect(lanes.sizes().size).toBe(0);
});

it('counts the age of jobs that are due only', () => {
  const lanes = new Lanes();
  lanes.add(lane('a'), { queued: 1, oldestAtMs: 50, isDue: false });
  expect(lanes.sizes().get('m')).toEqual({ queued: 1, oldestAtMs: Number.POSITIVE_INFINITY });
  lanes.wakeAll(90);
  expect(lanes.sizes().get('m')).toEqual({ queued: 1, oldestAtMs: 90 });
  lanes.early(lane('a'), lanes.wakes);
  expect(lanes.sizes().get('m')).toEqual({ queued: 1, oldestAtMs: Number.POSITIVE_INFINITY });
});

it('chooses among 10,000 owners', () => {
  const lanes = new Lanes();
  for (let index = 0; index < 10_000; index++) lanes.add(lane(`o${index}`), { queued: 1, oldestAtMs: 0, isDue: true });
  const seen = new Set<string>();
  for (let index = 0; index < 100; index++) {
    const next = lanes.next(ANY);
    if (next === undefined) break;
    seen.add(next.owner);
    lanes.started(next, 1);
    lanes.take(next, 1);
  }
  expect(seen.size).toBe(100);
});
