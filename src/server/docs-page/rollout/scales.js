/** Where values lie in a chart, and which of them its axes name. Pure. */

/** @import { Interval, Metric } from './types.js' */

/** @typedef {(value: number) => number} Scale */

/** @param {Interval} domain @param {readonly [from: number, to: number]} range @returns {Scale} */
export function linear({ low, high }, [from, to]) {
  const size = high - low || 1;
  return (value) => from + ((clamp(value, low, high) - low) / size) * (to - from);
}

/** Both ends of the domain have to be more than 0. @param {Interval} domain @param {readonly [from: number, to: number]} range @returns {Scale} */
export function logarithmic({ low, high }, range) {
  const scale = linear({ low: Math.log(low), high: Math.log(high) }, range);
  return (value) => scale(Math.log(Math.max(value, low)));
}

/** @param {number} value @param {number} low @param {number} high */
function clamp(value, low, high) {
  return Math.min(Math.max(value, low), high);
}

/** Round values within the domain, about so many. @param {Interval} domain @param {number} count @returns {readonly number[]} */
export function ticks({ low, high }, count) {
  const rough = (high - low) / count;
  if (!(rough > 0)) return [low];
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= rough * 0.99) ?? rough;
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, index) => Number(((first + index) * step).toPrecision(12)));
}

/** Powers of ten within the domain, at most so many. @param {Interval} domain @param {number} most @returns {readonly number[]} */
export function logTicks({ low, high }, most) {
  const first = Math.ceil(Math.log10(low) - 1e-9);
  const last = Math.floor(Math.log10(high) + 1e-9);
  const step = Math.max(1, Math.ceil((last - first + 1) / most));
  const found = [];
  for (let power = first; power <= last; power += step) found.push(10 ** power);
  return found;
}

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const TIME_STEPS = [
  ...[1, 2, 5, 10, 15, 30].map((count) => count * SECOND),
  ...[1, 2, 5, 10, 15, 30].map((count) => count * MINUTE),
  ...[1, 2, 3, 6, 12].map((count) => count * HOUR),
  ...[1, 2, 5, 10].map((count) => count * DAY),
];

/** Round times since the beginning, in milliseconds, at most so many besides 0. @param {number} spanMs @param {number} most @returns {readonly number[]} */
export function timeTicks(spanMs, most) {
  const step = TIME_STEPS.find((size) => spanMs / size <= most) ?? Math.ceil(spanMs / most / DAY) * DAY;
  return Array.from({ length: Math.floor(spanMs / step) + 1 }, (_, index) => index * step);
}

/** How far beyond the limit evidence is drawn. */
const MOST_LIMITS = 1_000;

/** What a chart of evidence spans: 1 (nothing is known) and the limit in any case. @param {readonly Metric[]} metrics @returns {Interval} */
export function evidenceDomain(metrics) {
  const limit = Math.max(1, ...metrics.map((metric) => metric.limit));
  const highest = Math.max(...metrics.map(({ evidence }) => evidence), 0);
  const lowest = Math.min(...metrics.map(({ evidence }) => evidence), 1);
  return { low: Math.max(lowest, 0.01), high: Math.max(limit * 3, Math.min(highest * 1.5, limit * MOST_LIMITS)) };
}

/** What a metric without a margin is drawn with. */
const NO_MARGIN = 0.05;
/** Margins that are drawn at least, and at most, on each side of 0. */
const LEAST_MARGINS = 1.6;
const MOST_MARGINS = 3;

/**
 * What a chart of differences spans: 0 and the margin in any case, and bounds of differences as far as the margin can still be seen beside them.
 *
 * @param {readonly Metric[]} metrics
 * @returns {Interval}
 */
export function differenceDomain(metrics) {
  const sides = metrics.flatMap(({ margin }) => (margin === undefined ? [] : finiteSides(margin).map(Math.abs)));
  const margin = Math.max(0, ...sides) || NO_MARGIN;
  const span = (/** @type {readonly number[]} */ bounds) =>
    clamp(Math.max(0, ...bounds) * 1.1, margin * LEAST_MARGINS, margin * MOST_MARGINS);
  return {
    low: Math.max(-1, -span(metrics.map(({ difference }) => -difference.low))),
    high: Math.min(1, span(metrics.map(({ difference }) => difference.high))),
  };
}

/** The sides of a margin that matter. @param {Interval} margin @returns {readonly number[]} */
export function finiteSides({ low, high }) {
  return [low, high].filter((side) => Math.abs(side) < 1);
}
