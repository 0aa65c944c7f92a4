import type { ErrorCode } from '../core/index.js';
import { formatPath } from '../text/index.js';
import type { SlosOptions } from './options.js';

export const DAY_MS = 86_400_000;
export const MAX_SLOS = 100;

/** The measure of a request: whether the server answers it, and how soon. */
export type Indicator = 'availability' | 'latency' | 'first_token';

/** A service level objective, complete. */
export interface Slo {
  readonly name: string;
  /** Whose requests count. */
  readonly scope: { readonly kind: 'model' | 'route'; readonly name: string };
  readonly indicator: Indicator;
  /** The longest time of a good answer; undefined for availability. */
  readonly thresholdMs: number | undefined;
  /** The share of the requests that have to be good. */
  readonly objective: number;
  readonly windowMs: number;
}

/** The names are the values of a label, and parts of the names of files. */
const NAME = /^[a-zA-Z0-9][\w.-]*$/;

/** The objectives of settings that {@link checkSlos} finds no fault with. */
export function slosOf(options: SlosOptions): readonly Slo[] {
  return Object.entries(options).map(([name, { model, route, objective, latencyMs, firstTokenMs, windowDays }]) => ({
    name,
    scope: route === undefined ? { kind: 'model', name: model ?? '' } : { kind: 'route', name: route },
    indicator: latencyMs !== undefined ? 'latency' : firstTokenMs !== undefined ? 'first_token' : 'availability',
    thresholdMs: latencyMs ?? firstTokenMs,
    objective,
    windowMs: windowDays * DAY_MS,
  }));
}

/** The share of the requests that may be bad, without the digits that only a binary fraction has. */
export function errorBudgetOf({ objective }: Pick<Slo, 'objective'>): number {
  return Number((1 - objective).toPrecision(12));
}

/** Faults that the schema does not see, each with its place. */
export function checkSlos(options: SlosOptions): readonly string[] {
  const count = Object.keys(options).length;
  const tooMany = count > MAX_SLOS ? [`slos: expected at most ${MAX_SLOS}, got ${count}`] : [];
  return [...tooMany, ...Object.entries(options).flatMap(([name, slo]) => checkSlo(name, slo))];
}

function checkSlo(name: string, { model, route, latencyMs, firstTokenMs }: SlosOptions[string]): readonly string[] {
  const at = formatPath(['slos', name]);
  const scopes = [model, route].filter((scope) => scope !== undefined).length;
  return [
    ...(NAME.test(name) ? [] : [`${at}: expected a name of letters, digits, '_', '.' and '-', got '${name}'`]),
    ...(scopes === 1 ? [] : [`${at}: expected either model or route, got ${scopes === 0 ? 'neither' : 'both'}`]),
    ...(latencyMs === undefined || firstTokenMs === undefined
      ? []
      : [`${at}: expected either latencyMs or firstTokenMs, got both`]),
  ];
}

/** A request that has ended. */
export interface EndedRequest {
  /** Undefined: it was answered. */
  readonly code: ErrorCode | undefined;
  /** From its arrival to its whole answer. */
  readonly totalMs: number;
  /** From its arrival to the first answer of its stream; undefined: it is no stream, or none has come. */
  readonly firstAnswerMs: number | undefined;
}

/** Failures of the server. All other failures are the caller's: they count for no objective. */
const FAILURES: ReadonlySet<ErrorCode> = new Set([
  'unavailable',
  'deadline_exceeded',
  'internal',
  // Overload: the caller asks no more than it may.
  'resource_exhausted',
]);

/** How a request counts; undefined: not at all. */
export function countOf({ indicator, thresholdMs = 0 }: Slo, request: EndedRequest): 'good' | 'bad' | undefined {
  const { code, totalMs, firstAnswerMs } = request;
  switch (indicator) {
    case 'availability':
      if (code === undefined) return 'good';
      return FAILURES.has(code) ? 'bad' : undefined;
    case 'latency':
      if (code !== undefined) return undefined;
      return totalMs <= thresholdMs ? 'good' : 'bad';
    case 'first_token':
      if (firstAnswerMs === undefined) return undefined;
      return firstAnswerMs <= thresholdMs ? 'good' : 'bad';
    default:
      return indicator satisfies never;
  }
}
