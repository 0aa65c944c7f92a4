/** The report's charts, each drawn for a width in pixels. */

/** @import { Mark, Metric, Point, Series, TimeSpan } from './types.js' */

import { gridLines, picture, svg, threshold, timeChart } from './draw.js';
import { differenceDomain, evidenceDomain, finiteSides, linear, logarithmic, logTicks, ticks } from './scales.js';
import { bandPath, linePath, stepPath } from './shapes.js';
import {
  formatCount,
  formatDifference,
  formatDuration,
  formatEvidence,
  formatMargin,
  formatNumber,
  formatPoints,
} from './words.js';

/** What charts over time have in common. @typedef {{ readonly width: number; readonly span: TimeSpan; readonly marks: readonly Mark[] }} Frame */

const LEFT = 56;
const HEIGHT = 190;

/** Canary's share, and the decisions. @param {readonly Point[]} points @param {Frame} frame */
export function shareChart(points, frame) {
  const last = points.at(-1)?.weight ?? 0;
  const label = `Share of the new version over ${lengthOf(frame)}: ${last} % now. ${frame.marks.length} decisions are marked; the table of decisions lists them.`;
  const { root, area, x } = timeChart({ ...frame, height: 170, label, left: LEFT, withLabels: true });
  const y = linear({ low: 0, high: 100 }, [area.bottom, area.top]);
  root.prepend(
    ...gridLines(
      area,
      y,
      [0, 50, 100].map((value) => ({ value, label: `${value} %` })),
    ),
  );
  const places = points.map(({ at, weight }) => /** @type {const} */ ([x(Date.parse(at)), y(weight)]));
  const end = places.at(-1);
  if (end !== undefined) {
    const line = stepPath([...places, [area.right, end[1]]]);
    const [first] = places;
    root.append(
      svg('path', { class: 'area', d: `${line}V${area.bottom}H${first?.[0] ?? area.left}Z` }),
      svg('path', { class: 'line', d: line }),
    );
  }
  return root;
}

/** Evidence on a logarithmic scale, and the limit that rolls back. @param {readonly Series[]} series @param {Frame} frame */
export function evidenceChart(series, frame) {
  const metrics = series.map(({ metric }) => metric);
  const last = metrics.at(-1);
  const label = `Evidence over ${lengthOf(frame)}: ${last === undefined ? 'none' : `${formatEvidence(last)} that roll back`}.`;
  const { root, area, x } = timeChart({ ...frame, height: HEIGHT, label, left: LEFT });
  const y = logarithmic(evidenceDomain(metrics), [area.bottom, area.top]);
  const values = logTicks(evidenceDomain(metrics), 6);
  root.prepend(
    ...gridLines(
      area,
      y,
      values.map((value) => ({ value, label: value >= 1 ? formatCount(value) : String(value) })),
    ),
  );
  if (last !== undefined) {
    const { limit } = last;
    root.append(...threshold(area, y(limit), { name: `rolls back at ${formatNumber(limit)}`, kind: 'bad' }));
  }
  root.append(...lineWithEnd(series.map(({ atMs, metric }) => [x(atMs), y(metric.evidence)])));
  return root;
}

/** Bounds of the difference, and the margin that they have to be within. @param {readonly Series[]} series @param {Frame} frame */
export function differenceChart(series, frame) {
  const metrics = series.map(({ metric }) => metric);
  const last = metrics.at(-1);
  const said = last === undefined ? 'none' : `${formatDifference(last.difference)}; fine: ${formatMargin(last.margin)}`;
  const label = `Difference over ${lengthOf(frame)}: ${said}.`;
  const { root, area, x } = timeChart({ ...frame, height: HEIGHT, label, left: LEFT });
  const domain = differenceDomain(metrics);
  const y = linear(domain, [area.bottom, area.top]);
  root.prepend(
    ...gridLines(
      area,
      y,
      ticks(domain, 5).map((value) => ({ value, label: formatPoints(value) })),
    ),
  );
  root.append(svg('line', { class: 'axis', x1: area.left, x2: area.right, y1: y(0), y2: y(0) }));
  const upper = series.map(({ atMs, metric }) => /** @type {const} */ ([x(atMs), y(metric.difference.high)]));
  const lower = series.map(({ atMs, metric }) => /** @type {const} */ ([x(atMs), y(metric.difference.low)]));
  root.append(
    svg('path', { class: 'band', d: bandPath(upper, lower) }),
    svg('path', { class: 'bound', d: linePath(upper) }),
    svg('path', { class: 'bound', d: linePath(lower) }),
  );
  for (const side of finiteSides(last?.margin ?? { low: -1, high: 1 })) {
    const name = `fine ${side > 0 ? 'below' : 'above'} ${formatPoints(side)}`;
    root.append(...threshold(area, y(side), { name, kind: 'good', isBelow: side < 0 }));
  }
  return root;
}

/** The difference as it is now, beside the margin. @param {Metric} metric @param {number} width */
export function intervalPlot(metric, width) {
  const { difference, margin, stable, canary } = metric;
  const said = `${formatDifference(difference)}; fine: ${formatMargin(margin)}`;
  const root = picture(width, 62, `Difference: ${said}.`);
  const domain = differenceDomain([metric]);
  const area = { left: 12, right: width - 12 };
  const x = linear(domain, [area.left, area.right]);
  if (margin !== undefined) {
    const [from, to] = [x(margin.low), x(margin.high)];
    root.append(svg('rect', { class: 'fine-zone', x: from, y: 8, width: to - from, height: 28 }));
    for (const side of finiteSides(margin)) {
      root.append(svg('line', { class: 'threshold good', x1: x(side), x2: x(side), y1: 4, y2: 40 }));
    }
  }
  root.append(svg('line', { class: 'axis', x1: x(0), x2: x(0), y1: 4, y2: 40 }));
  const [low, high] = [x(difference.low), x(difference.high)];
  root.append(
    svg('line', { class: 'interval', x1: low, x2: high, y1: 22, y2: 22 }),
    svg('path', { class: 'interval', d: endPath(low, difference.low < domain.low, -1) }),
    svg('path', { class: 'interval', d: endPath(high, difference.high > domain.high, 1) }),
  );
  if (stable !== undefined && canary !== undefined) {
    root.append(svg('circle', { class: 'dot', cx: x(canary - stable), cy: 22, r: 4.5 }));
  }
  for (const value of ticks(domain, Math.max(4, Math.floor(width / 90)))) {
    root.append(svg('text', { x: x(value), y: 56, 'text-anchor': 'middle' }, [formatPoints(value)]));
  }
  return root;
}

/** A bar at the end of an interval, or an arrow where it goes on beyond what is drawn. @param {number} x @param {boolean} isCut @param {-1 | 1} direction */
function endPath(x, isCut, direction) {
  return isCut ? `M${x - 6 * direction} 16L${x} 22L${x - 6 * direction} 28` : `M${x} 16V28`;
}

/** @param {readonly (readonly [x: number, y: number])[]} places @returns {readonly SVGElement[]} */
function lineWithEnd(places) {
  const end = places.at(-1);
  if (end === undefined) return [];
  const dot = svg('circle', { class: 'dot', cx: end[0], cy: end[1], r: 3.5 });
  return [svg('path', { class: 'line', d: linePath(places) }), dot];
}

/** @param {Frame} frame */
function lengthOf({ span }) {
  return formatDuration(span.toMs - span.fromMs);
}
