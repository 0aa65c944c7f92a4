import { chooseVictims, DemandBook } from '../../src/memory/index.js';
import { createRandom } from '../../src/statistics/index.js';

/** Calls for models, one a second, by a Zipf distribution of exponent 1 whose order changes once, in the middle. */
export interface ModelTrace {
  /** Number of the model of each call. */
  readonly calls: readonly number[];
  /** Probability of each model at a call. */
  readonly rateAt: (call: number, model: number) => number;
}

/** A trace that is always the same for a seed. */
export function createModelTrace(seed: number, { models = 20, calls = 600 } = {}): ModelTrace {
  const random = createRandom(seed);
  const weights = Array.from({ length: models }, (_, rank) => 1 / (rank + 1));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const ranks = [shuffle(models, random), shuffle(models, random)];
  const phaseOf = (call: number) => ranks[call < calls / 2 ? 0 : 1] as readonly number[];
  const draw = (call: number): number => {
    let left = random() * total;
    const rank = weights.findIndex((weight) => {
      left -= weight;
      return left < 0;
    });
    return phaseOf(call)[rank < 0 ? models - 1 : rank] as number;
  };
  return {
    calls: Array.from({ length: calls }, (_, call) => draw(call)),
    rateAt: (call, model) => (weights[phaseOf(call).indexOf(model)] as number) / total,
  };
}

function shuffle(length: number, random: () => number): readonly number[] {
  const items = Array.from({ length }, (_, index) => index);
  for (let last = length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    [items[last], items[other]] = [items[other] as number, items[last] as number];
  }
  return items;
}

/** When a loaded model was loaded and used last, as numbers of calls. */
interface Use {
  readonly model: number;
  readonly loadedAt: number;
  readonly usedAt: number;
}

/** Chooses which of the loaded models goes at a call. */
export type Policy = (loaded: readonly Use[], call: number, trace: ModelTrace) => number;

const leastBy = (loaded: readonly Use[], cost: (use: Use) => number): number =>
  loaded.reduce((least, use) => (cost(use) < cost(least) ? use : least)).model;

/** The model that was used longest ago. */
export const LRU: Policy = (loaded) => leastBy(loaded, ({ usedAt }) => usedAt);

/** The model of the least probability, which no server knows. */
export const LFU_BY_TRUE_RATES: Policy = (loaded, call, { rateAt }) =>
  leastBy(loaded, ({ model }) => rateAt(call, model));

/** The model whose next call is furthest away: the fewest loads that are possible. */
export const BELADY: Policy = (loaded, call, { calls }) =>
  leastBy(loaded, ({ model }) => {
    const next = calls.indexOf(model, call + 1);
    return next < 0 ? Number.NEGATIVE_INFINITY : -next;
  });

/** Calls for which a model that was just loaded stays, as in the server: 2 s at one call a second. */
const JUST_LOADED_CALLS = 2;

/** The server's own policy, with models of one size. */
export function createOwnPolicy(): Policy {
  const book = new DemandBook();
  let counted = 0;
  return (loaded, call, { calls }) => {
    for (; counted <= call; counted++) book.admit(String(calls[counted]));
    const residents = loaded.map(({ model, loadedAt }) => ({
      name: String(model),
      bytes: 60,
      reloadMs: 300,
      rate: book.of(String(model)),
      isProtected: call - loadedAt < JUST_LOADED_CALLS,
    }));
    const [victim] = chooseVictims(residents, 60) ?? [];
    if (victim === undefined) throw new Error('all models are protected');
    return Number(victim.name);
  };
}

/** How many calls of a trace had to load their model, where `places` models may be loaded. */
export function countLoads(trace: ModelTrace, places: number, policy: Policy): number {
  let loaded: readonly Use[] = [];
  let loads = 0;
  for (const [call, model] of trace.calls.entries()) {
    const known = loaded.find((use) => use.model === model);
    if (known === undefined) {
      loads++;
      const victim = loaded.length < places ? undefined : policy(loaded, call, trace);
      loaded = loaded.filter((use) => use.model !== victim);
    }
    const use = { model, loadedAt: known?.loadedAt ?? call, usedAt: call };
    loaded = [...loaded.filter((other) => other.model !== model), use];
  }
  return loads;
}
