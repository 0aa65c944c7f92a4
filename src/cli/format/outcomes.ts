import type { ArmOutcomes, Interval, OutcomeEffect, OutcomeReport } from '../../api/index.js';
import { formatTable, type TableStyle } from './table.js';

/** A row for each version of each arm, and what the intervals are. */
export function formatOutcomes({ route, baseline, arms, dropped_answers }: OutcomeReport, style: TableStyle): string {
  if (arms.length === 0) return `no answers of route '${route}' have been noted yet\n`;
  const table = formatTable<ArmOutcomes>(
    [
      { header: 'ARM', cell: ({ arm }) => arm },
      { header: 'VERSION', cell: ({ model, version }) => `${model}/${version}` },
      { header: 'ANSWERS', align: 'right', cell: ({ answers }) => String(answers), leaveOut: 0 },
      { header: 'OUTCOMES', align: 'right', cell: ({ outcomes }) => String(outcomes) },
      { header: 'MEAN', cell: (row) => withInterval(row.mean, row.interval, row) },
      { header: 'DIFFERENCE', cell: (row) => formatDifference(row) },
      { header: 'RATIO', cell: ({ effect }) => formatRatio(effect), leaveOut: 1 },
    ],
    arms,
    style,
  );
  const notes = [
    `In brackets: where it is with 95 % confidence. Against '${baseline}'; ${arms[0]?.better ?? 'higher'} is better.`,
    ...(dropped_answers === 0 ? [] : [`${dropped_answers} answers could not be noted; the server's log says why.`]),
  ];
  return `${table}${style.colors.dim(notes.join('\n'))}\n`;
}

function formatDifference(row: ArmOutcomes): string {
  const { effect } = row;
  if (effect === undefined) return '-';
  const sign = effect.difference > 0 ? '+' : '';
  return `${sign}${withInterval(effect.difference, effect.difference_interval, row).replace(' %', ' points')}`;
}

function formatRatio({ ratio, ratio_interval: interval }: Partial<OutcomeEffect> = {}): string {
  if (ratio === undefined || interval === undefined) return '-';
  const { low, high } = interval;
  return `${formatNumber(ratio)} [${formatNumber(low)}, ${formatNumber(high)}]`;
}

/** Rates as percentages. */
function withInterval(value: number | undefined, interval: Interval | undefined, { kind }: ArmOutcomes): string {
  if (value === undefined) return '-';
  const unit = kind === 'number' ? '' : ' %';
  const show = (number: number) => formatNumber(kind === 'number' ? number : number * 100);
  const around = interval === undefined ? '' : ` [${show(interval.low)}, ${show(interval.high)}]`;
  return `${show(value)}${unit}${around}`;
}

function formatNumber(value: number): string {
  return String(Number(value.toPrecision(3)));
}
