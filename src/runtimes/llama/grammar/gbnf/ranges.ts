import type { Range } from '../pattern/parse.js';

/** All characters: half ones are none. */
const ALL: readonly Range[] = [
  [0, 0xd7ff],
  [0xe000, 0x10ffff],
];

/** The characters of some ranges, in order, neighbours as one range. */
export function characters(ranges: readonly Range[]): readonly Range[] {
  const joined: Range[] = [];
  for (const [from, to] of ranges.toSorted(([one], [other]) => one - other)) {
    const last = joined.at(-1);
    if (last !== undefined && from <= last[1] + 1) joined[joined.length - 1] = [last[0], Math.max(last[1], to)];
    else joined.push([from, to]);
  }
  return joined.flatMap(([from, to]) =>
    ALL.flatMap(([least, most]): Range[] => {
      const [start, end] = [Math.max(from, least), Math.min(to, most)];
      return start <= end ? [[start, end]] : [];
    }),
  );
}

/** All other characters. */
export function complement(ranges: readonly Range[]): readonly Range[] {
  const gaps: Range[] = [];
  let next = 0;
  for (const [from, to] of characters(ranges)) {
    if (next < from) gaps.push([next, from - 1]);
    next = to + 1;
  }
  return characters(next <= 0x10ffff ? [...gaps, [next, 0x10ffff]] : gaps);
}
