import type { OutputReport, PairReport, ShadowReport } from './report.js';
import { formatCount, formatCounts, formatEstimate, formatNumber, formatShare, formatTime, sumOf } from './say.js';

/** What there is to say, and how it is called. */
export interface ReportLine {
  readonly name: string;
  readonly text: string;
}

/** What is said of a route's shadow before the versions: who, since when, how many. */
export function headLines({ shadow, share, sinceMs, copied, pending, dropped }: ShadowReport): readonly ReportLine[] {
  const reasons = formatCounts(dropped);
  return [
    {
      name: 'shadow',
      text: shadow === undefined ? 'none any more' : `${shadow}, ${formatShare(share)} of the requests`,
    },
    { name: 'since', text: formatTime(sinceMs) },
    {
      name: 'copied',
      text: `${formatCount(copied)}${pending > 0 ? `, of which ${formatCount(pending)} are pending` : ''}`,
    },
    { name: 'not copied', text: `${formatCount(sumOf(dropped))}${reasons === '' ? '' : `: ${reasons}`}` },
  ];
}

/** What is said of two versions as a whole. */
export function pairLines({ compared, agreement, failures, errors, computeMs }: PairReport): readonly ReportLine[] {
  const { both, onlyPrimary, onlyShadow } = failures;
  const codes = formatCounts(errors);
  const ms = (value: number | undefined) => (value === undefined ? '–' : formatNumber(value));
  const quantile = (name: 'p50' | 'p95' | 'p99') =>
    `${name} ${ms(computeMs.primary[name])} → ${ms(computeMs.shadow[name])}`;
  return [
    { name: 'agree', text: `${formatEstimate(agreement, formatShare)} of ${formatCount(compared)} compared answers` },
    {
      name: 'failed',
      text: `${formatCounts({ 'only the shadow': onlyShadow, 'only the primary': onlyPrimary, both }) || 'none'}${
        codes === '' ? '' : ` (shadow: ${codes})`
      }`,
    },
    ...(computeMs.requests === 0
      ? []
      : [
          {
            name: 'compute, ms',
            text: `${quantile('p50')}, ${quantile('p95')}, ${quantile('p99')}; on average ${formatEstimate(computeMs.difference, formatNumber)} more`,
          },
        ]),
  ];
}

/** What is said of one output. */
export function outputLines(output: OutputReport): readonly ReportLine[] {
  const { agreement, mismatches, lastMismatch, numbers, classes, texts } = output;
  const lines: ReportLine[] = [{ name: 'agree', text: formatEstimate(agreement, formatShare) }];
  if (lastMismatch !== undefined) {
    lines.push({ name: 'mismatches', text: `${formatCounts(mismatches)}; the last: ${lastMismatch}` });
  }
  if (classes !== undefined) {
    const { flips, rows, totalVariation, jensenShannon } = classes;
    lines.push({ name: 'other class', text: `${formatEstimate(flips, formatShare)} of ${formatCount(rows)} rows` });
    if (totalVariation !== undefined) {
      lines.push({ name: 'total variation', text: formatEstimate(totalVariation, formatNumber) });
      lines.push({ name: 'Jensen–Shannon', text: formatEstimate(jensenShannon, formatNumber) });
    }
  }
  if (numbers !== undefined) {
    const { differing, elements, nonFinite, maxDifference, meanDifference } = numbers;
    const odd = nonFinite === 0 ? '' : `, ${formatCount(nonFinite)} of them NaN or infinite on one side`;
    lines.push({
      name: 'beyond tolerance',
      text: `${formatEstimate(differing, formatShare)} of ${formatCount(elements)} elements${odd}`,
    });
    const mean = meanDifference === undefined ? '' : `, mean ${formatEstimate(meanDifference, formatNumber)}`;
    lines.push({ name: 'difference', text: `at most ${formatNumber(maxDifference)}${mean}` });
  }
  if (texts !== undefined) {
    const { exact, normalised, elements } = texts;
    lines.push({
      name: 'exactly the same',
      text: `${formatEstimate(exact, formatShare)} of ${formatCount(elements)} texts`,
    });
    lines.push({ name: 'but for form', text: `${formatEstimate(normalised, formatShare)} are the same` });
  }
  return lines;
}
