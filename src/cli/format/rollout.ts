import type {
  MetricVerdict,
  PastRollout,
  Rollout,
  RolloutDecision,
  RolloutMoment,
  RolloutVerdict,
  StandingRollout,
} from '../../api/index.js';
import { formatDuration } from '../../text/index.js';
import type { Colors } from '../io.js';
import { escapeInvisible } from './escape-invisible.js';
import { type Column, formatTable, type TableStyle } from './table.js';
import { formatSecond } from './units.js';

/** Rollouts that are not over, as a table. */
export function formatRollouts(rollouts: readonly StandingRollout[], style: TableStyle): string {
  if (rollouts.length === 0) return 'no rollouts\n';
  const columns: readonly Column<StandingRollout>[] = [
    { header: 'MODEL', cell: ({ model }) => model },
    { header: 'VERSIONS', cell: ({ stable, canary }) => `${stable} → ${canary}` },
    { header: 'STEP', cell: ({ step, plan }) => `${step} of ${plan.steps.length}` },
    { header: 'SHARE', cell: ({ weight }) => `${weight} %` },
    { header: 'STATE', cell: ({ state }) => formatState(state, style.colors) },
    { header: 'VERDICT', cell: ({ verdict }) => formatKind(verdict?.kind ?? 'open', style.colors) },
  ];
  return formatTable(columns, rollouts, style);
}

/** All rollouts of a model, as a table. */
export function formatHistory(past: readonly PastRollout[], style: TableStyle): string {
  if (past.length === 0) return 'no rollouts\n';
  const columns: readonly Column<PastRollout>[] = [
    { header: 'STARTED', cell: ({ started_at: startedAt }) => formatSecond(startedAt) },
    { header: 'BY', cell: ({ started_by: startedBy }) => startedBy },
    { header: 'VERSIONS', cell: ({ stable, canary }) => `${stable} → ${canary}` },
    { header: 'STATE', cell: ({ state }) => formatState(state, style.colors) },
    { header: 'WHY', cell: ({ reason }) => reason },
  ];
  return formatTable(columns, past, style);
}

/** How a rollout stands: what was measured, what follows from that and why, a picture, what was decided, and where its report is. */
export function formatRollout(rollout: Rollout, style: TableStyle, report: string): string {
  const { colors } = style;
  const { verdict } = rollout;
  const parts = [
    `${formatHead(rollout, colors)}\n${formatState(rollout.state, colors)}: ${rollout.phase}${formatProgress(rollout)}\nnext: ${rollout.next}\n${formatForecast(rollout)}`,
    verdict === undefined ? '' : formatVerdict(verdict, style),
    formatTimeline(rollout.timeline, colors),
    formatDecisions(rollout.decisions, style),
    `report: ${report}\n`,
  ];
  return parts.filter((part) => part !== '').join('\n');
}

/** Which rollout it is: `fraud: version 3 → 4, begun 2026-11-27 13:05:00 by ada`. */
export function formatHead(rollout: StandingRollout, colors: Colors): string {
  const { model, stable, canary, started_at: startedAt, started_by: startedBy } = rollout;
  return `${colors.bold(model)}: version ${stable} → ${canary}, begun ${formatSecond(startedAt)} by ${startedBy}`;
}

/** One line, whatever the reason has: `2026-11-27 13:15:02 advance: step 2 of 5 (5 %) begins: …`. */
export function formatDecision({ at, action, reason }: RolloutDecision): string {
  return `${formatSecond(at)} ${action.replaceAll('_', ' ')}: ${escapeInvisible(reason)}`;
}

/** A line for how it stands: `paused: step 2 of 5 (5 %) is paused`. */
export function formatPhase({ state, phase }: Pick<StandingRollout, 'state' | 'phase'>, colors: Colors): string {
  return `${formatState(state, colors)}: ${escapeInvisible(phase)}\n`;
}

function formatForecast({ forecast }: Rollout): string {
  return forecast === undefined ? '' : `forecast: ${forecast.sentence}\n`;
}

function formatProgress({ step, plan, held_ms: heldMs, requests, canary }: Rollout): string {
  const inForce = plan.steps[step - 1];
  if (inForce === undefined) return '';
  const held = `${formatDuration(heldMs)} of ${formatDuration(inForce.hold_ms)}`;
  return `, held ${held}, ${requests} requests of version ${canary}`;
}

function formatVerdict({ kind, metrics }: RolloutVerdict, style: TableStyle): string {
  const { colors } = style;
  const columns: readonly Column<MetricVerdict>[] = [
    { header: 'METRIC', cell: ({ name }) => name },
    { header: 'VERDICT', cell: (metric) => formatKind(metric.kind, colors) },
    { header: 'WHY', cell: ({ sentence }) => sentence },
  ];
  return `verdict: ${formatKind(kind, colors)}\n${formatTable(columns, metrics, style)}`;
}

function formatDecisions(decisions: readonly RolloutDecision[], style: TableStyle): string {
  const columns: readonly Column<RolloutDecision>[] = [
    { header: 'DECIDED', cell: ({ at }) => formatSecond(at) },
    { header: 'BY', cell: ({ by }) => by },
    { header: 'WHAT', cell: ({ action }) => action.replaceAll('_', ' ') },
    { header: 'WHY', cell: ({ reason }) => reason },
  ];
  return formatTable(columns, decisions, style);
}

const LEVELS = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const;
const CHART_WIDTH = 60;

/** The share of the new version and the evidence against it, from the first to the last moment that is known. */
function formatTimeline(points: readonly RolloutMoment[], colors: Colors): string {
  const [first, last] = [points[0], points.at(-1)];
  if (first === undefined || last === undefined || first === last) return '';
  const shown = inSteps(points, Date.parse(first.at), Date.parse(last.at));
  const line = (read: (point: RolloutMoment) => number) => shown.map((point) => levelOf(read(point))).join('');
  const evidence = Math.round(last.evidence * 100);
  const time = formatDuration(Date.parse(last.at) - Date.parse(first.at));
  return [
    `share     ${colors.cyan(line(({ weight }) => weight / 100))} ${last.weight} %\n`,
    `evidence  ${colors.yellow(line((point) => point.evidence))} ${evidence} % of what rolls it back\n`,
    colors.dim(`${' '.repeat(10)}the last ${time}, from left to right\n`),
  ].join('');
}

/** What was the case at so many moments at equal distances. */
function inSteps(points: readonly RolloutMoment[], fromMs: number, toMs: number): readonly RolloutMoment[] {
  return Array.from({ length: CHART_WIDTH }, (_, column) => {
    const atMs = fromMs + ((toMs - fromMs) * column) / (CHART_WIDTH - 1);
    return points.findLast(({ at }) => Date.parse(at) <= atMs) ?? points[0];
  }).filter((point) => point !== undefined);
}

/** What is more than nothing is seen. */
function levelOf(share: number): string {
  const level = Math.ceil(Math.min(1, Math.max(0, share)) * (LEVELS.length - 1));
  return LEVELS[level] ?? ' ';
}

function formatState(state: string, colors: Colors): string {
  const said = state.replaceAll('_', ' ');
  if (state === 'done') return colors.green(said);
  if (state === 'rolled_back' || state === 'aborted') return colors.red(said);
  return state === 'holding' || state === 'promoting' ? said : colors.yellow(said);
}

function formatKind(kind: string, colors: Colors): string {
  if (kind === 'worse') return colors.red(kind);
  return kind === 'fine' ? colors.green(kind) : kind;
}

/** `2026-11-27 13:05:00`, in UTC. */
