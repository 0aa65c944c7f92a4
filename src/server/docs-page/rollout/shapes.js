/** Shapes of charts as the `d` of SVG paths. Pure. */

/** @import { Mark } from './types.js' */

/** @typedef {readonly [x: number, y: number]} Place */

/** @param {readonly Place[]} places */
export function linePath(places) {
  return places.map(([x, y], index) => `${index === 0 ? 'M' : 'L'}${round(x)} ${round(y)}`).join('');
}

/** A line that keeps its height until the next place. @param {readonly Place[]} places */
export function stepPath(places) {
  return places
    .map(([x, y], index) => (index === 0 ? `M${round(x)} ${round(y)}` : `H${round(x)}V${round(y)}`))
    .join('');
}

/** What lies between two lines. @param {readonly Place[]} upper @param {readonly Place[]} lower */
export function bandPath(upper, lower) {
  return upper.length === 0 ? '' : `${linePath([...upper, ...lower.toReversed()])}Z`;
}

/** @param {number} value */
function round(value) {
  return Math.round(value * 10) / 10;
}

/**
 * Marks that are too close for a label each share one: `3`, `4–6`.
 *
 * @param {readonly Mark[]} marks in their order
 * @param {(atMs: number) => number} x
 * @param {number} gap
 * @returns {readonly { readonly x: number; readonly label: string }[]}
 */
export function markLabels(marks, x, gap) {
  /** @type {{ x: number; first: number; last: number }[]} */
  const groups = [];
  for (const { atMs, number } of marks) {
    const at = x(atMs);
    const group = groups.at(-1);
    if (group !== undefined && at - group.x < gap) group.last = number;
    else groups.push({ x: at, first: number, last: number });
  }
  return groups.map((group) => ({
    x: group.x,
    label: group.first === group.last ? String(group.first) : `${group.first}–${group.last}`,
  }));
}
