import { Counter } from './counter.js';
import { hasLimits } from './limits.js';
import type { Moment } from './meters/meter.js';
import type { QuotaConfig, QuotasOptions } from './options.js';
import { type Caller, type Scope, scopeOf, type Whose } from './scope.js';
import { Tally } from './tally.js';

/** Counters are looked over for idle ones at these many, and at twice as many as are left then. */
const FIRST_SWEEP = 1_024;
/** So much of the most is kept where there are too many, so that this need not be done for each that comes. */
const KEPT_SHARE = 0.9;
/** Models that are remembered of a caller. */
const MAX_MODELS = 256;

/** The counters of all quotas. They are made when somebody needs them, and forgotten when they are idle. */
export class Counters {
  readonly #quotas: readonly { readonly quota: QuotaConfig; readonly scope: Scope }[];
  readonly #counters = new Map<string, Counter>();
  readonly #known = new WeakMap<Caller, Map<string, Tally>>();
  readonly #places = new WeakMap<Caller, Tally>();
  readonly #maxCounters: number;
  #sweepAt = FIRST_SWEEP;

  /** `maxCounters`: of more, those are forgotten first that are there longest. */
  constructor(quotas: QuotasOptions, maxCounters: number) {
    this.#maxCounters = maxCounters;
    this.#quotas = quotas.filter(hasLimits).map((quota) => ({ quota, scope: scopeOf(quota) }));
  }

  get size(): number {
    return this.#counters.size;
  }

  /** What a request of the caller to the model counts against. */
  find(caller: Caller, model: string, moment: Moment): Tally {
    let byModel = this.#known.get(caller);
    const known = byModel?.get(model);
    if (known !== undefined && !known.isOutdated) return known;
    if (this.#counters.size >= this.#sweepAt) this.#sweep(moment);
    const found = new Tally(
      this.#quotas.flatMap(({ quota, scope }) => scope(caller, model).map((whose) => this.get(quota, whose))),
    );
    if (byModel === undefined) {
      byModel = new Map();
      this.#known.set(caller, byModel);
    }
    if (byModel.size >= MAX_MODELS) byModel.clear();
    byModel.set(model, found);
    return found;
  }

  /** What a request of the caller counts against before its model is known: `concurrent` of the quotas about all models together. */
  findPlaces(caller: Caller, moment: Moment): Tally {
    const known = this.#places.get(caller);
    if (known !== undefined && !known.isOutdated) return known;
    if (this.#counters.size >= this.#sweepAt) this.#sweep(moment);
    const found = new Tally(
      this.#quotas
        .filter(({ quota }) => quota.model === undefined && quota.concurrent !== undefined)
        .flatMap(({ quota, scope }) => scope(caller, '').map((whose) => this.get(quota, whose))),
      ['concurrent'],
    );
    this.#places.set(caller, found);
    return found;
  }

  /** Makes the counters of a caller that are about all models together, where there are none yet. */
  prepare(caller: Caller): void {
    for (const { quota, scope } of this.#quotas) {
      if (quota.model !== undefined) continue;
      for (const whose of scope(caller, '')) this.get(quota, whose);
    }
  }

  get(quota: QuotaConfig, whose: Whose): Counter {
    const key = keyOf(quota, whose);
    const known = this.#counters.get(key);
    if (known !== undefined) return known;
    const counter = new Counter(quota, whose);
    this.#counters.set(key, counter);
    return counter;
  }

  all(): Iterable<Counter> {
    return this.#counters.values();
  }

  #sweep(moment: Moment): void {
    for (const [key, counter] of this.#counters) {
      if (counter.isIdle(moment)) this.#forget(key, counter);
    }
    const most = this.#maxCounters;
    const kept = most * KEPT_SHARE;
    for (const [key, counter] of this.#counters) {
      if (this.#counters.size <= kept) break;
      if (counter.open === 0) this.#forget(key, counter);
    }
    const { size } = this.#counters;
    // What requests that run count against stays, were it more than that.
    this.#sweepAt = size < most ? Math.min(most, Math.max(FIRST_SWEEP, 2 * size)) : size + most - kept;
  }

  #forget(key: string, counter: Counter): void {
    counter.isForgotten = true;
    this.#counters.delete(key);
  }
}

function keyOf({ name }: QuotaConfig, { principal = '', group = '', model = '' }: Whose): string {
  return [name, principal, group, model].join('\n');
}
