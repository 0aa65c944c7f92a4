import { setOf } from './characters.js';
import type { Place } from './pattern/automaton.js';
import type { Range } from './pattern/parse.js';
import type { GrammarRules } from './rules.js';

/** Sets with more ranges have a rule that all places share. */
const MAX_INLINE_RANGES = 4;
/** Characters of JSON with an escape of one letter. */
const SHORT: Readonly<Record<number, string>> = {
  8: 'b',
  9: 't',
  10: 'n',
  12: 'f',
  13: 'r',
  34: '\\"',
  92: '\\\\',
};
/** Written as they are in a string of JSON. The rule `char` leaves out 7F as well. */
const PLAIN: readonly Range[] = [
  [0x20, 0x21],
  [0x23, 0x5b],
  [0x5d, 0x7e],
  [0x80, 0xd7ff],
  [0xe000, 0x10ffff],
];

/** How a character is written: a part of a rule for each way. */
type Writing = (ranges: readonly Range[]) => readonly string[];

/** The rule for strings of JSON whose text goes along some places, from the first one on. */
export function jsonTextRule(rules: GrammarRules, places: readonly Place[]): string {
  return rules.add(
    `"\\"" ${placeRules(rules, places, { end: '"\\""', writing: (ranges) => jsonWritings(rules, ranges) })}`,
  );
}

/** The rule for texts that go along some places. */
export function plainTextRule(rules: GrammarRules, places: readonly Place[]): string {
  return rules.add(placeRules(rules, places, { end: '""', writing: (ranges) => [shared(rules, ranges)] }));
}

/** A rule for each place; where a place has one way on only and one before, it is written there. */
function placeRules(
  rules: GrammarRules,
  places: readonly Place[],
  { end, writing }: { readonly end: string; readonly writing: Writing },
): string {
  const ways = places.map(({ mayEnd, next }) => [
    ...(mayEnd ? [{ text: end, place: undefined }] : []),
    ...next.flatMap(({ ranges, place }) => writing(ranges).map((text) => ({ text, place }))),
  ]);
  const befores = places.map(() => 0);
  for (const { place } of ways.flat()) if (place !== undefined) befores[place] = (befores[place] ?? 0) + 1;
  const isInline = (at: number) => at !== 0 && ways[at]?.length === 1 && befores[at] === 1;
  const names = places.map((_, at) => (isInline(at) ? '' : rules.newName()));
  const written = (from: { readonly text: string; readonly place: number | undefined }): string => {
    const texts: string[] = [];
    for (let way: typeof from | undefined = from; way !== undefined; ) {
      texts.push(way.text);
      const { place }: typeof from = way;
      if (place === undefined) break;
      if (names[place] !== '') {
        texts.push(names[place] ?? '');
        break;
      }
      way = ways[place]?.[0];
    }
    return texts.join(' ');
  };
  for (const [at, name] of names.entries()) if (name !== '') rules.set(name, (ways[at] ?? []).map(written).join(' | '));
  return names[0] ?? '';
}

function jsonWritings(rules: GrammarRules, ranges: readonly Range[]): readonly string[] {
  if (isWhole(ranges)) return ['char'];
  const plain = PLAIN.flatMap(([least, most]) =>
    ranges.flatMap(([from, to]): Range[] => {
      const [start, end] = [Math.max(from, least), Math.min(to, most)];
      return start <= end ? [[start, end]] : [];
    }),
  );
  const escaped = [...Array.from({ length: 0x20 }, (_, code) => code), 0x22, 0x5c, 0x7f].filter((code) =>
    ranges.some(([from, to]) => code >= from && code <= to),
  );
  const letters = escaped.flatMap((code) => SHORT[code] ?? []);
  const codes = escaped.filter((code) => SHORT[code] === undefined).map((code) => code.toString(16).padStart(2, '0'));
  return [
    ...(plain.length > 0 ? [shared(rules, plain)] : []),
    ...(letters.length > 0 ? [`[\\\\] [${letters.join('')}]`] : []),
    ...['0', '1', '7'].flatMap((high) => {
      const lows = codes.filter((code) => code.startsWith(high)).map((code) => code.slice(1));
      return lows.length > 0 ? [`"\\\\u00${high}" [${lows.join('')}]`] : [];
    }),
  ];
}

/** All characters. */
function isWhole(ranges: readonly Range[]): boolean {
  const [[first, last] = [], [second, end] = [], other] = ranges;
  return first === 0 && last === 0xd7ff && second === 0xe000 && end === 0x10ffff && other === undefined;
}

function shared(rules: GrammarRules, ranges: readonly Range[]): string {
  const set = setOf(ranges);
  return ranges.length > MAX_INLINE_RANGES ? rules.share(set) : set;
}
