/** Pieces of charts as SVG. Sizes are those of the page, so that texts keep theirs. */

/** @import { Scale } from './scales.js' */
/** @import { Mark, TimeSpan } from './types.js' */

import { linear, timeTicks } from './scales.js';
import { markLabels } from './shapes.js';
import { formatDuration } from './words.js';

/**
 * An SVG element with attributes and children.
 *
 * @template {keyof SVGElementTagNameMap} Name
 * @param {Name} name
 * @param {Readonly<Record<string, string | number>>} [attributes]
 * @param {readonly (Node | string)[]} [children]
 * @returns {SVGElementTagNameMap[Name]}
 */
export function svg(name, attributes = {}, children = []) {
  const made = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  made.append(...children);
  return made;
}

/** Where a chart draws. @typedef {{ readonly left: number; readonly right: number; readonly top: number; readonly bottom: number }} Area */

/** Between the time axis and the lower edge. */
const BELOW = 22;
const MARK_GAP = 18;
const TICK_WIDTH = 90;

/**
 * A chart over time: its frame with the time axis and the marks of decisions, and where it draws.
 *
 * @param {{ readonly width: number; readonly height: number; readonly label: string; readonly span: TimeSpan; readonly marks: readonly Mark[]; readonly left: number; readonly withLabels?: boolean }} chart
 */
export function timeChart({ width, height, label, span, marks, left, withLabels = false }) {
  const area = { left, right: width - 8, top: withLabels ? 20 : 8, bottom: height - BELOW };
  const x = linear({ low: span.fromMs, high: span.toMs }, [area.left, area.right]);
  const root = picture(width, height, label);
  for (const { x: at, label: text } of markLabels(marks, x, MARK_GAP)) {
    root.append(svg('line', { class: 'mark', x1: at, x2: at, y1: area.top, y2: area.bottom }));
    if (withLabels) root.append(svg('text', { class: 'mark-label', x: at, y: 12, 'text-anchor': 'middle' }, [text]));
  }
  const most = Math.max(1, Math.floor((area.right - area.left) / TICK_WIDTH));
  for (const ms of timeTicks(span.toMs - span.fromMs, most)) {
    const at = x(span.fromMs + ms);
    root.append(
      svg('line', { class: 'axis', x1: at, x2: at, y1: area.bottom, y2: area.bottom + 4 }),
      svg('text', { x: at, y: height - 5, 'text-anchor': 'middle' }, [ms === 0 ? '0' : formatDuration(ms)]),
    );
  }
  root.append(svg('line', { class: 'axis', x1: area.left, x2: area.right, y1: area.bottom, y2: area.bottom }));
  return { root, area, x };
}

/** @param {number} width @param {number} height @param {string} label */
export function picture(width, height, label) {
  return svg('svg', { viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': label });
}

/**
 * Lines across with their values on the left.
 *
 * @param {Area} area @param {Scale} y @param {readonly { readonly value: number; readonly label: string }[]} values
 * @returns {readonly SVGElement[]}
 */
export function gridLines(area, y, values) {
  return values.flatMap(({ value, label }) => [
    svg('line', { class: 'grid', x1: area.left, x2: area.right, y1: y(value), y2: y(value) }),
    svg('text', { x: area.left - 6, y: y(value) + 4, 'text-anchor': 'end' }, [label]),
  ]);
}

/**
 * A threshold: a dashed line with its name at the left, above it or below.
 *
 * @param {Area} area @param {number} at @param {{ readonly name: string; readonly kind: string; readonly isBelow?: boolean }} line
 * @returns {readonly SVGElement[]}
 */
export function threshold(area, at, { name, kind, isBelow = false }) {
  return [
    svg('line', { class: `threshold ${kind}`, x1: area.left, x2: area.right, y1: at, y2: at }),
    svg('text', { class: kind, x: area.left + 5, y: isBelow ? at + 14 : at - 5 }, [name]),
  ];
}
