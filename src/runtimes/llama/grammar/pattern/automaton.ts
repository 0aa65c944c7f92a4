import { type Budget, PatternTooLarge } from './budget.js';
import { Derivatives, type State } from './derivatives.js';
import type { Node, Range } from './parse.js';

/** What texts have to be. */
export type TextRule =
  /** A pattern matches the whole text, or something in it; or matches nothing in it. */
  | { readonly kind: 'whole' | 'contains' | 'lacks'; readonly pattern: Node }
  /** None of these. */
  | { readonly kind: 'other'; readonly than: readonly string[] };

/** A place in a text. */
export interface Place {
  /** The text may end here. */
  readonly mayEnd: boolean;
  /** Characters that may come, and the index of the place behind them. No character is in two of them. */
  readonly next: readonly { readonly ranges: readonly Range[]; readonly place: number }[];
}

const MAX_PLACES = 2_000;

/**
 * The places of all texts that rules allow, the first of which is the beginning; from each of them a text can be ended. undefined = no text
 * is allowed. Throws {@link PatternTooLarge}.
 */
export function placesOf(rules: readonly TextRule[], budget: Budget): readonly Place[] | undefined {
  for (const rule of rules) budget.spend(rule.kind === 'other' ? sum(rule.than) : 1);
  const derivatives = new Derivatives(budget);
  const begin = derivatives.intersection(rules.map((rule) => stateOf(derivatives, rule)));
  const found = explore(derivatives, begin);
  return withoutDeadEnds(found);
}

function stateOf(derivatives: Derivatives, rule: TextRule): State {
  if (rule.kind === 'other') return derivatives.complement(derivatives.whole(oneOf(rule.than)));
  const { kind, pattern } = rule;
  if (kind === 'whole') return derivatives.whole(pattern);
  const containing = derivatives.containing(pattern);
  return kind === 'contains' ? containing : derivatives.complement(containing);
}

function sum(texts: readonly string[]): number {
  return texts.reduce((count, text) => count + text.length, 1);
}

function oneOf(texts: readonly string[]): Node {
  const single = (character: string): Node => {
    const code = character.codePointAt(0) ?? 0;
    return { kind: 'set', set: { ranges: [[code, code]], isNegated: false } };
  };
  return { kind: 'choice', nodes: texts.map((text) => ({ kind: 'sequence', nodes: Array.from(text, single) })) };
}

function explore(derivatives: Derivatives, begin: State): readonly Place[] {
  const { symbols } = derivatives;
  /** The start state occurs only once: `^` matches nowhere else. */
  const states: State[] = [begin];
  const places = new Map<number, number>();
  const found: Place[] = [];
  for (let at = 0; at < states.length; at++) {
    const state = states[at] ?? derivatives.none;
    const isBegin = at === 0;
    const next = new Map<number, Range[]>();
    for (const [symbol, { ranges }] of symbols.entries()) {
      const rest = derivatives.rest(state, { symbol, isBegin });
      if (rest === derivatives.none) continue;
      const place = places.get(rest.id) ?? states.push(rest) - 1;
      if (states.length > MAX_PLACES) throw new PatternTooLarge();
      places.set(rest.id, place);
      const others = next.get(place);
      if (others === undefined) next.set(place, [...ranges]);
      else others.push(...ranges);
    }
    found.push({
      mayEnd: derivatives.mayEnd(state, isBegin),
      next: [...next].map(([place, ranges]) => ({ place, ranges: joined(ranges) })),
    });
  }
  return found;
}

function withoutDeadEnds(places: readonly Place[]): readonly Place[] | undefined {
  const before = places.map((): number[] => []);
  for (const [at, { next }] of places.entries()) for (const { place } of next) before[place]?.push(at);
  const live = new Set<number>();
  const open = places.flatMap(({ mayEnd }, at) => (mayEnd ? [at] : []));
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    if (live.has(at)) continue;
    live.add(at);
    open.push(...(before[at] ?? []));
  }
  if (!live.has(0)) return undefined;
  const numbers = new Map([...live].toSorted((one, other) => one - other).map((at, number) => [at, number]));
  return [...numbers.keys()].map((at) => {
    const { mayEnd, next } = places[at] as Place;
    return {
      mayEnd,
      next: next.flatMap(({ ranges, place }) => {
        const number = numbers.get(place);
        return number === undefined ? [] : [{ ranges, place: number }];
      }),
    };
  });
}

/** Ranges in order, neighbours as one. */
function joined(ranges: readonly Range[]): readonly Range[] {
  const all: Range[] = [];
  for (const [from, to] of ranges.toSorted(([one], [other]) => one - other)) {
    const last = all.at(-1);
    if (last !== undefined && last[1] + 1 === from) all[all.length - 1] = [last[0], to];
    else all.push([from, to]);
  }
  return all;
}
