import { FINDING_LEVELS, type Finding, type FindingLevel } from '../../core/index.js';
import type { Colors } from '../io.js';

/** How many findings there are of each level. */
export function countLevels(findings: readonly Finding[]): Readonly<Record<FindingLevel, number>> {
  const of = (wanted: FindingLevel) => findings.filter(({ level }) => level === wanted).length;
  return { error: of('error'), warning: of('warning'), note: of('note') };
}

/** Each finding with where it is and the line that corrects it, and how many there are. */
export function formatFindings(findings: readonly Finding[], colors: Colors): string {
  const texts = findings.map((finding) => formatFinding(finding, colors));
  return `${[...texts, formatVerdict(countLevels(findings), colors)].join('\n')}\n`;
}

const ACTS = { setting: 'set', command: 'run' } as const;

function formatFinding({ id, level, what, where, place, fix }: Finding, colors: Colors): string {
  const color = { error: colors.red, warning: colors.yellow, note: colors.cyan }[level];
  const lines = [
    ['at', place === '' ? where : `${where} (${place})`],
    ...fix.line.split('\n').map((line, index) => [index === 0 ? ACTS[fix.kind] : '', line]),
  ];
  return [
    `${color(level)}: ${what} ${colors.dim(`[${id}]`)}`,
    ...lines.map(([label = '', text]) => `  ${colors.dim(label.padEnd(3))}  ${text}`),
    '',
  ].join('\n');
}

function formatVerdict(counts: Readonly<Record<FindingLevel, number>>, { green, yellow, red }: Colors): string {
  const parts = FINDING_LEVELS.filter((level) => counts[level] > 0).map(
    (level) => `${counts[level]} ${level}${counts[level] === 1 ? '' : 's'}`,
  );
  if (parts.length === 0) return green('nothing to correct');
  const color = counts.error > 0 ? red : counts.warning > 0 ? yellow : green;
  return color(parts.join(', '));
}
