import { formatTable, type TableStyle } from './table.js';

interface Interval {
  readonly low: number;
  readonly high: number;
}

interface ArmBody {
  readonly arm: string;
  readonly model: string;
  readonly version: number;
  readonly kind: 'binary' | 'label' | 'number';
  readonly better: 'higher' | 'lower';
  readonly answers: number;
  readonly outcomes: number;
  readonly mean: number | null;
  readonly interval: Interval | null;
  readonly effect: EffectBody | null;
}

interface EffectBody {
  readonly difference: number;
  readonly difference_interval: Interval;
  readonly ratio: number | null;
  readonly ratio_interval: Interval | null;
}

/** What became of a route's answers, as the server's API tells it. */
export interface OutcomesBody {
  readonly route: string;
  readonly baseline: string | null;
  readonly dropped_answers: number;
  readonly arms: readonly ArmBody[];
}

/** A row for each version of each arm, and what the intervals are. */
export function formatOutcomes({ route, baseline, arms, dropped_answers }: OutcomesBody, style: TableStyle): string {
  if (arms.length === 0) return `no answers of route '${route}' have been noted yet\n`;
  const table = formatTable<ArmBody>(
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

function formatDifference(row: ArmBody): string {
  if (row.effect === null) return '-';
  const sign = row.effect.difference > 0 ? '+' : '';
  return `${sign}${withInterval(row.effect.difference, row.effect.difference_interval, row).replace(' %', ' points')}`;
}

function formatRatio(effect: EffectBody | null): string {
  if (effect?.ratio == null || effect.ratio_interval === null) return '-';
  const { low, high } = effect.ratio_interval;
  return `${formatNumber(effect.ratio)} [${formatNumber(low)}, ${formatNumber(high)}]`;
}

/** Rates as percentages. */
function withInterval(value: number | null, interval: Interval | null, { kind }: ArmBody): string {
  if (value === null) return '-';
  const unit = kind === 'number' ? '' : ' %';
  const show = (number: number) => formatNumber(kind === 'number' ? number : number * 100);
  const around = interval === null ? '' : ` [${show(interval.low)}, ${show(interval.high)}]`;
  return `${show(value)}${unit}${around}`;
}

function formatNumber(value: number): string {
  return String(Number(value.toPrecision(3)));
}
