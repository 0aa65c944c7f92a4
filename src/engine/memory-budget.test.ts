import { describe, expect, it } from 'vitest';
import { source } from '../../test/support/loaded-engine.js';
import { ownModelName } from '../core/index.js';
import type { KnownNeed } from '../memory/index.js';
import { MemoryBudget } from './memory-budget.js';
import type { ModelGauges } from './types.js';

const MB = 1_000_000;
const SERVER_BYTES = 200 * MB;
const measured = (peak: number): KnownNeed => ({ restBytes: peak * MB, peakBytes: peak * MB, isMeasured: true });

/** A budget of 400 MB, of which the server holds 200; runners by pid hold what the test says. */
function start(need: (name: string) => KnownNeed | undefined, { hasBudget = true } = {}) {
  const runners = new Map<number, number>();
  let meanwhile = async (): Promise<void> => undefined;
  const instance = (pid: number) =>
    ({ id: '', pid, up: true, restarts: 0, memoryLimit: { bytes: 1, source: 'default', estimate: 1 } }) as const;
  const gauges = (): readonly ModelGauges[] => [
    {
      ref: { name: 'loaded', version: 1, generation: 1 },
      queuedRequests: 0,
      queuedBytes: 0,
      executingRequests: 0,
      activeSequences: 0,
      waitingSequences: 0,
      instances: [...runners.keys()].map(instance),
    },
  ];
  const budget = new MemoryBudget(
    { memoryBudgetBytes: hasBudget ? 400 * MB : undefined, memoryNeedOf: ({ name }) => need(name) },
    gauges,
    async (pids) => {
      const work = meanwhile;
      meanwhile = async () => undefined;
      await work();
      return new Map(
        pids.map((pid) => [pid, { rssBytes: pid === process.pid ? SERVER_BYTES : (runners.get(pid) ?? 0) }]),
      );
    },
  );
  const load = (name: string, work: () => Promise<string> = async () => name) =>
    budget.whileLoading({ ...source(), name }, work);
  /** Runs the work while memory is read next. */
  const onRead = (work: () => Promise<void>) => {
    meanwhile = work;
  };
  return { budget, load, runners, onRead };
}

/** Work that lasts until it is ended. */
function openWork() {
  let end: () => void = () => undefined;
  const ended = new Promise<string>((resolve) => {
    end = () => resolve('done');
  });
  return { end, work: () => ended };
}

describe('a memory budget', () => {
  it('reserves the peak of a load until that is over', async () => {
    const { budget, load } = start(() => measured(150));
    const { end, work } = openWork();
    const loading = load('m', work);
    await expect.poll(() => budget.usage).toEqual({ budgetBytes: 400 * MB, reservedBytes: 150 * MB });
    end();
    expect(await loading).toBe('done');
    expect(budget.usage).toEqual({ budgetBytes: 400 * MB, reservedBytes: 0 });
  });

  it('has a load wait for another one behind which it may fit', async () => {
    const { load, runners } = start(() => measured(150));
    const first = openWork();
    const loading = load('first', first.work);
    let isLoaded = false;
    const waiting = load('second').then((name) => {
      isLoaded = true;
      return name;
    });
    await new Promise(setImmediate);
    expect(isLoaded).toBe(false);
    runners.set(7, 40 * MB);
    first.end();
    await loading;
    expect(await waiting).toBe('second');
  });

  it('counts a load that ends while memory is read', async () => {
    const { load, runners, onRead } = start(() => measured(150));
    const first = openWork();
    const loading = load('first', first.work);
    await new Promise(setImmediate);
    onRead(async () => {
      first.end();
      await loading;
      runners.set(7, 60 * MB);
    });
    await expect(load('second')).rejects.toMatchObject({ code: 'resource_exhausted' });
  });

  it('refuses a load for which nothing under way will make room, with the figures', async () => {
    const { load, runners } = start(() => measured(150));
    runners.set(7, 60 * MB);
    await expect(load('m')).rejects.toMatchObject({
      code: 'resource_exhausted',
      reason: 'out_of_memory',
      message:
        "model 'm/1' does not fit into memory.budget: it needs 150 MB while it loads, and of 400 MB the server holds 200 MB and loaded models 60 MB; unload models, or raise memory.budget",
    });
  });

  it('refuses a model that is too large at once, also while others load, and says where a need is estimated', async () => {
    const { load } = start((name) => (name === 'large' ? { ...measured(201), isMeasured: false } : measured(50)));
    const { end, work } = openWork();
    const loading = load('small', work);
    await expect(load('large')).rejects.toMatchObject({
      code: 'resource_exhausted',
      message:
        "model 'large/1' is too large for memory.budget: it needs about 201 MB (estimated from its files) while it loads, and of 400 MB the server itself leaves 200 MB",
    });
    end();
    await loading;
  });

  it('frees what was reserved for a load that fails', async () => {
    const { budget, load } = start(() => measured(150));
    await expect(load('m', () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
    expect(budget.usage?.reservedBytes).toBe(0);
    expect(await load('m')).toBe('m');
  });

  it("lets models in the server itself and the server's own models load", async () => {
    const { load } = start((name) => (name === 'inline' ? undefined : measured(900)));
    expect(await load('inline')).toBe('inline');
    expect(await load(ownModelName('image'))).toBe(ownModelName('image'));
  });
});

it('a server without a budget loads everything', async () => {
  const { budget, load } = start(() => measured(900), { hasBudget: false });
  expect(await load('m')).toBe('m');
  expect(budget.usage).toBeUndefined();
});
