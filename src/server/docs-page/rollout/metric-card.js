/** All that is known of one metric: values, the difference beside its margin, and both over time. */

/** @import { Kind, MetricVerdict, Rollout, Series } from './types.js' */
/** @import { Frame } from './charts.js' */

import { element } from '../dom.js';
import { differenceChart, evidenceChart, intervalPlot } from './charts.js';
import {
  formatCount,
  formatDifference,
  formatEvidence,
  formatMargin,
  formatName,
  formatShare,
  formatTime,
  KIND_SIGNS,
} from './words.js';

/** A word with its sign. @param {Kind} kind */
export function kindBadge(kind) {
  return element('span', { className: `kind ${kind}`, textContent: `${KIND_SIGNS[kind]} ${kind}` });
}

/** @typedef {{ readonly metric: MetricVerdict; readonly series: readonly Series[]; readonly versions: Pick<Rollout, 'stable' | 'canary'> }} Shown */
/** @typedef {{ readonly root: HTMLElement; readonly show: (shown: Shown, frame: Omit<Frame, 'width'>) => void }} MetricCard */

/** @param {string} name @returns {MetricCard} */
export function metricCard(name) {
  const title = element('h3', { textContent: formatName(name) });
  const sentence = element('p', { className: 'sentence' });
  const facts = element('dl', { className: 'facts-list' });
  const interval = element('div', { className: 'plot' });
  const evidence = element('div', { className: 'plot' });
  const difference = element('div', { className: 'plot' });
  const rows = element('div', { className: 'scroll', tabIndex: 0, role: 'region', ariaLabel: `${name} over time` });
  const table = element('details', {}, [element('summary', { textContent: 'As a table' }), rows]);
  /** @type {Shown | undefined} */
  let shown;
  const fill = () => {
    if (table.open && shown !== undefined) rows.replaceChildren(seriesTable(shown));
  };
  table.addEventListener('toggle', fill);
  const root = element('article', { className: 'card metric' }, [
    element('div', { className: 'title-row' }, [title]),
    sentence,
    element('div', { className: 'now' }, [
      facts,
      figure('Difference now, in points: the line has to lie within the shaded margin', interval),
    ]),
    element('div', { className: 'two' }, [
      figure('Evidence that the new version is worse', evidence),
      figure('Bounds of the difference, in points', difference),
    ]),
    table,
  ]);
  return {
    root,
    show(next, frame) {
      shown = next;
      const { metric, series } = next;
      title.parentElement?.replaceChildren(title, kindBadge(metric.kind));
      sentence.textContent = metric.sentence;
      facts.replaceChildren(...factsOf(next));
      interval.replaceChildren(intervalPlot(metric, widthOf(interval)));
      evidence.replaceChildren(evidenceChart(series, { ...frame, width: widthOf(evidence) }));
      difference.replaceChildren(differenceChart(series, { ...frame, width: widthOf(difference) }));
      fill();
    },
  };
}

/** @param {string} caption @param {HTMLElement} plot */
export function figure(caption, plot) {
  return element('figure', {}, [element('figcaption', { textContent: caption }), plot]);
}

/** Pixels for a chart; texts of charts need some. @param {HTMLElement} plot */
export function widthOf(plot) {
  return Math.max(260, plot.clientWidth);
}

/** @param {Shown} shown @returns {readonly HTMLElement[]} */
function factsOf({ metric, versions }) {
  const { stable, canary, difference, margin, observations } = metric;
  const facts = [
    [`Version ${versions.canary}`, `${formatShare(canary)} of ${formatCount(observations.canary)}`],
    [`Version ${versions.stable}`, `${formatShare(stable)} of ${formatCount(observations.stable)}`],
    ['Difference', formatDifference(difference)],
    ['Fine', formatMargin(margin)],
    ['Evidence', `${formatEvidence(metric)} that roll back`],
  ];
  return facts.map(([term, text]) =>
    element('div', {}, [element('dt', { textContent: term ?? '' }), element('dd', { textContent: text ?? '' })]),
  );
}

/** Newest first. @param {Shown} shown */
function seriesTable({ series, versions }) {
  const columns = ['Time', 'Verdict', ...[versions.canary, versions.stable].map((version) => `Version ${version}`)];
  const body = element('tbody');
  for (const { atMs, metric } of series.toReversed()) {
    const row = body.insertRow();
    const { kind, stable, canary, difference, margin, observations } = metric;
    const cells = [
      formatTime(new Date(atMs).toISOString()),
      `${KIND_SIGNS[kind]} ${kind}`,
      `${formatShare(canary)} of ${formatCount(observations.canary)}`,
      `${formatShare(stable)} of ${formatCount(observations.stable)}`,
      formatDifference(difference),
      formatMargin(margin),
      formatEvidence(metric),
    ];
    for (const text of cells) row.insertCell().textContent = text;
  }
  const head = [...columns, 'Difference', 'Fine', 'Evidence'].map((textContent) =>
    element('th', { scope: 'col', textContent }),
  );
  return element('table', { className: 'numbers' }, [element('thead', {}, [element('tr', {}, head)]), body]);
}
