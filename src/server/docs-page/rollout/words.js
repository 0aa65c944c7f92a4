/** What the report says in words and numbers. Pure. */

/** @import { Command, Interval, Kind, Metric, Rollout } from './types.js' */

import { finiteSides } from './scales.js';

const WITH_COMMAS = new Intl.NumberFormat('en-US');

/** `12,345`. @param {number} value */
export function formatCount(value) {
  return WITH_COMMAS.format(value);
}

/** Two digits that count: `0.034`, `3.7`, `37`, `1,200`. @param {number} value */
export function formatNumber(value) {
  const size = Math.abs(value);
  if (size >= 1e6) return `over ${formatCount(1e6)}`;
  if (size >= 10) return formatCount(Math.round(value));
  return String(Number(value.toPrecision(2)));
}

/** `2.1 %`; `–` for what has not been measured. @param {number | undefined} share */
export function formatShare(share) {
  return share === undefined ? '–' : `${formatNumber(share * 100)} %`;
}

/** In percentage points: `+1.2`, `−0.4`, `0`. @param {number} difference */
export function formatPoints(difference) {
  const points = formatNumber(Math.abs(difference) * 100);
  if (points === '0') return points;
  return `${difference < 0 ? '−' : '+'}${points}`;
}

/** `−0.4 to +1.2 points`; nothing is known as long as everything is possible. @param {Interval} difference */
export function formatDifference({ low, high }) {
  if (low <= -1 && high >= 1) return 'not known yet';
  return `${formatPoints(low)} to ${formatPoints(high)} points`;
}

/** `less than +2 points`, `−10 to +10 points`. @param {Interval | undefined} margin */
export function formatMargin(margin) {
  if (margin === undefined) return '–';
  if (finiteSides(margin).length === 0) return 'anything';
  if (margin.low <= -1) return `below ${formatPoints(margin.high)} points`;
  if (margin.high >= 1) return `above ${formatPoints(margin.low)} points`;
  return `${formatPoints(margin.low)} to ${formatPoints(margin.high)} points`;
}

/** `3.4 of 80`. @param {Pick<Metric, 'evidence' | 'limit'>} metric */
export function formatEvidence({ evidence, limit }) {
  return `${formatNumber(evidence)} of ${formatNumber(limit)}`;
}

const UNITS = /** @type {const} */ ([
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
]);

/** The two largest units: `4m10s`, `2h`, `0s`. @param {number} ms */
export function formatDuration(ms) {
  let rest = Math.max(0, ms);
  let first = UNITS.findIndex(([, size]) => rest >= size);
  if (first === -1) first = UNITS.length - 1;
  const parts = [];
  for (const [unit, size] of UNITS.slice(first, first + 2)) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) parts.push(`${count}${unit}`);
  }
  return parts.length === 0 ? '0s' : parts.join('');
}

/** `2026-11-27 13:05:00 UTC`. @param {string} time */
export function formatTime(time) {
  return `${time.slice(0, 19).replace('T', ' ')} UTC`;
}

/** `errors, latency and answers`. @param {readonly string[]} names */
export function formatList(names) {
  const last = names.at(-1) ?? '';
  return names.length < 2 ? last : `${names.slice(0, -1).join(', ')} and ${last}`;
}

/** `rolled back`. @param {string} name */
export function formatName(name) {
  return name.replaceAll('_', ' ');
}

/** Whether nothing more will happen. @param {Pick<Rollout, 'state'>} rollout */
export function isOver({ state }) {
  return state === 'done' || state === 'rolled_back' || state === 'aborted';
}

/** The sign of a verdict, beside its word and its colour. @type {Readonly<Record<Kind, string>>} */
export const KIND_SIGNS = { fine: '✓', worse: '✕', open: '…' };

/** The verdict in one sentence. @param {Pick<Rollout, 'stable' | 'canary' | 'verdict'>} rollout */
export function formatVerdict({ stable, canary, verdict }) {
  if (verdict === undefined || verdict.metrics.length === 0) return 'Nothing has been measured.';
  const names = verdict.metrics.filter(({ kind }) => kind === verdict.kind).map(({ name }) => name);
  switch (verdict.kind) {
    case 'fine':
      return `Version ${canary} is no worse than version ${stable} in ${formatList(names)}.`;
    case 'worse':
      return `Version ${canary} does not pass the comparison with version ${stable}: ${formatList(names)}.`;
    default:
      return `It is not known yet whether version ${canary} is as good as version ${stable} in ${formatList(names)}.`;
  }
}

/** What has been left to see, sentence by sentence. @param {Pick<Rollout, 'verdict'>} rollout @returns {readonly string[]} */
export function formatUnseen({ verdict }) {
  if (verdict === undefined) return [];
  const names = formatList(verdict.metrics.map(({ name }) => name));
  const open = verdict.metrics.filter(({ kind }) => kind === 'open').map(({ sentence }) => sentence);
  return [...open, `A difference in anything but ${names} is not seen.`];
}

/** What a command does. @param {Command} command @param {Pick<Rollout, 'stable' | 'canary' | 'state' | 'phase'>} rollout */
export function formatEffect(command, { stable, canary, state, phase }) {
  switch (command) {
    case 'approve':
      return state === 'awaiting_approval'
        ? `Now: ${phase}. Your approval lets it begin.`
        : `Now: ${phase}, since nothing certain is known. Your approval lets the rollout go on anyway.`;
    case 'pause':
      return `The step stays in force until the rollout is resumed. If version ${canary} proves to be worse, it is still rolled back.`;
    case 'resume':
      return 'The step continues.';
    case 'promote':
      return `All requests go to version ${canary} at once, and the label 'stable' moves to it. The steps that are left are skipped.`;
    case 'abort':
      return `All requests go to version ${stable} at once, and the rollout is over.`;
    default:
      return command;
  }
}

/** A line for a shell. @param {Command} command @param {string} model @param {string} origin */
export function commandLine(command, model, origin) {
  return `millrace rollout ${command} ${quote(model)} --url ${origin}`;
}

/** @param {string} text */
function quote(text) {
  return /^[\w./@:-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
