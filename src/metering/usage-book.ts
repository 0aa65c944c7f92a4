import type { ModelRef, Timing } from '../core/index.js';
import { USAGE_COUNTS, type UsageCounts, type UsageIncrement, type UsageLabels } from '../store/index.js';
import type { PriceList } from './prices.js';

export const HOUR_MS = 3_600_000;
/** Whose use counts together where an hour has too many principals. */
export const OTHER = '(other)';
/** Models, versions, routes and arms of {@link OTHER} that are told apart in an hour; beyond them the model is {@link OTHER}, too. */
const MAX_OTHERS = 1_000;
/** Hours of which it is known what they have: a clock that is set back returns to one. */
const MAX_HOURS = 2;

/** Whose request it is, and by which route and arm it has come to its model: '' where the caller has named that. */
export interface MeteredCall {
  readonly principal: { readonly name: string; readonly groups: readonly string[] };
  readonly timing: Pick<Timing, 'route' | 'arm'>;
}

export interface UsageBookOptions {
  readonly prices: Pick<PriceList, 'priceOf'>;
  readonly maxSeriesPerHour: number;
  /** Increments that may wait to be taken; what comes beyond them is lost. */
  readonly maxPending: number;
}

/** What is counted of one principal, model, version, route and arm in one hour, since it was taken last. */
class Series {
  counts = noUsage();
  readonly hourMs: number;
  readonly labels: UsageLabels;
  readonly model: Model;
  /** It is among those to be taken. */
  isPending = false;

  constructor(hourMs: number, labels: UsageLabels, model?: Model) {
    this.hourMs = hourMs;
    this.labels = labels;
    this.model = model;
  }

  /** What was counted, which is not here any more. */
  take(): UsageIncrement {
    const increment = { hourMs: this.hourMs, ...this.labels, ...this.counts };
    this.counts = noUsage();
    this.isPending = false;
    return increment;
  }
}

interface Hour {
  readonly startMs: number;
  /** By principal, then by what it uses. */
  readonly users: Map<string, Map<string, Series>>;
  readonly others: Map<string, Series>;
  /** Series of users. */
  size: number;
}

type Principal = MeteredCall['principal'];
/** undefined = the request has not come to any. */
type Model = Pick<ModelRef, 'name' | 'version'> | undefined;

const NOWHERE: UsageLabels = {
  principal: OTHER,
  groups: '[]',
  model: OTHER,
  version: 0,
  route: '',
  arm: '',
  price: '',
};

/**
 * What has been used and is still to be written, by the hours of the clock (UTC). It only adds: whatever the clock does, nothing is counted
 * twice or forgotten.
 */
export class UsageBook {
  readonly #options: UsageBookOptions;
  /** The one of now first. */
  #hours: readonly Hour[] = [];
  /** What each has used last: most use the same again. */
  readonly #recent = new WeakMap<Principal, Series>();
  #pending: Series[] = [];
  readonly #lost = noUsage();
  readonly #identities = new WeakMap<Principal, string>();
  #folded = 0;

  constructor(options: UsageBookOptions) {
    this.#options = options;
  }

  /** Increments that wait. */
  get pending(): number {
    return this.#pending.length;
  }

  /** What was counted and had no place; it only grows. */
  get lost(): Readonly<UsageCounts> {
    return this.#lost;
  }

  /** Times that something was counted for {@link OTHER}. */
  get folded(): number {
    return this.#folded;
  }

  /** Where to add what a call uses now: to be added to at once, and not to be kept. */
  at(nowMs: number, call: MeteredCall, model: Model): UsageCounts {
    const recent = this.#recent.get(call.principal);
    const isSame = recent !== undefined && recent.model === model && isIn(recent.hourMs, nowMs) && isBy(recent, call);
    const series = isSame ? recent : this.#seriesAt(nowMs, call, model);
    if (series.isPending) return series.counts;
    if (this.#pending.length >= this.#options.maxPending) return this.#lost;
    series.isPending = true;
    this.#pending.push(series);
    return series.counts;
  }

  /** At most so many of the increments that wait, the oldest first; they are not here any more. */
  take(limit: number): readonly UsageIncrement[] {
    const taken = this.#pending.slice(0, limit);
    this.#pending = this.#pending.slice(limit);
    return taken.map((series) => series.take());
  }

  /** Counts what was taken, and could not be written, as lost. */
  lose(increments: readonly Readonly<UsageCounts>[]): void {
    for (const increment of increments) addCounts(this.#lost, increment);
  }

  #seriesAt(nowMs: number, call: MeteredCall, model: Model): Series {
    const hour = this.#hourAt(nowMs - (nowMs % HOUR_MS));
    const identity = this.#identityOf(call.principal);
    const key = keyOf(call, model);
    const use = { call, model, identity, key };
    const known = hour.users.get(identity)?.get(key);
    // Those of others stand for many: they are none's own, and are looked up anew.
    if (known === undefined && hour.size >= this.#options.maxSeriesPerHour) return this.#otherSeries(hour, use);
    const series = known ?? this.#openSeries(hour, use);
    this.#recent.set(call.principal, series);
    return series;
  }

  #hourAt(startMs: number): Hour {
    const [current] = this.#hours;
    if (current?.startMs === startMs) return current;
    const known = this.#hours.find((hour) => hour.startMs === startMs);
    const hour = known ?? { startMs, users: new Map(), others: new Map(), size: 0 };
    this.#hours = [hour, ...this.#hours.filter((other) => other !== hour)].slice(0, MAX_HOURS);
    return hour;
  }

  #openSeries(hour: Hour, use: Use): Series {
    const { principal } = use.call;
    const groups = [...new Set(principal.groups)].sort().map(storedName);
    const who = { principal: storedName(principal.name), groups: JSON.stringify(groups) };
    const series = new Series(hour.startMs, this.#labelsOf(who, use), use.model);
    const ofUser = hour.users.get(use.identity) ?? new Map<string, Series>();
    hour.users.set(use.identity, ofUser.set(use.key, series));
    hour.size++;
    return series;
  }

  #otherSeries({ others, startMs }: Hour, use: Use): Series {
    this.#folded++;
    const key = others.has(use.key) || others.size < MAX_OTHERS ? use.key : OTHER;
    const found = others.get(key);
    if (found !== undefined) return found;
    const labels = key === OTHER ? NOWHERE : this.#labelsOf({ principal: OTHER, groups: '[]' }, use);
    const series = new Series(startMs, labels);
    others.set(key, series);
    return series;
  }

  #labelsOf(who: Pick<UsageLabels, 'principal' | 'groups'>, { model, call: { timing } }: Use): UsageLabels {
    if (model === undefined) return { ...NOWHERE, ...who, model: '' };
    const { name, version } = model;
    const price = this.#options.prices.priceOf(name);
    return { ...who, model: name, version, route: timing.route, arm: timing.arm, price };
  }

  /** No two principals have the same, and none that is in other groups than before. */
  #identityOf(principal: Principal): string {
    const { name, groups } = principal;
    if (groups.length === 0 && !name.startsWith('[')) return name;
    const known = this.#identities.get(principal);
    if (known !== undefined) return known;
    const identity = JSON.stringify([name, ...groups]);
    this.#identities.set(principal, identity);
    return identity;
  }
}

interface Use {
  readonly call: MeteredCall;
  readonly model: Model;
  readonly identity: string;
  readonly key: string;
}

function isIn(hourMs: number, nowMs: number): boolean {
  return nowMs >= hourMs && nowMs < hourMs + HOUR_MS;
}

function isBy({ labels }: Series, { timing }: MeteredCall): boolean {
  return labels.route === timing.route && labels.arm === timing.arm;
}

/** Names of routes and arms have no spaces. */
function keyOf({ timing }: MeteredCall, model: Model): string {
  return model === undefined ? '' : `${model.version} ${timing.route} ${timing.arm} ${model.name}`;
}

export function addCounts(to: UsageCounts, counts: Readonly<UsageCounts>): void {
  for (const name of USAGE_COUNTS) to[name] += counts[name];
}

export function noUsage(): UsageCounts {
  return {
    answered: 0,
    refused: 0,
    failed: 0,
    cancelled: 0,
    rows: 0,
    promptTokens: 0,
    cachedTokens: 0,
    completionTokens: 0,
    requestBytes: 0,
    responseBytes: 0,
    computeUs: 0,
  };
}

export function requestsOf({ answered, refused, failed, cancelled }: Readonly<UsageCounts>): number {
  return answered + refused + failed + cancelled;
}

/** A name as the store can keep it: that may cut texts at the character 0, which a token may have in its names. */
export function storedName(text: string): string {
  return text.replaceAll('\0', '␀');
}
