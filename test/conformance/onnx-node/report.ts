import { writeFileSync } from 'node:fs';
import path from 'node:path';
import type { ExpectedGroup } from './expected.js';
import type { Outcome } from './judge.js';

export interface Findings {
  readonly outcomes: readonly Outcome[];
  readonly expected: readonly ExpectedGroup[];
  /** Until every model was loaded or had failed. */
  readonly startMs: number;
}

/** Writes report.md and report.json; gives the summary line. */
export function writeReport(folder: string, { outcomes, expected, startMs }: Findings): string {
  const counts = (kind: Outcome['kind']) => outcomes.filter((outcome) => outcome.kind === kind).length;
  const kinds = ['not-run', 'not-loaded', 'refused', 'differs'] as const;
  const summary =
    `ONNX node tests over HTTP, binary and JSON: ${counts('passed')} of ${outcomes.length} pass; ` +
    `${kinds.map((kind) => `${counts(kind)} ${kind}`).join(', ')}; all loaded after ${(startMs / 1000).toFixed(1)} s`;
  writeFileSync(path.join(folder, 'report.json'), JSON.stringify({ summary, startMs, outcomes }, null, 2));
  writeFileSync(path.join(folder, 'report.md'), `# ${summary}\n\n${describe(outcomes, expected)}`);
  return summary;
}

function describe(outcomes: readonly Outcome[], expected: readonly ExpectedGroup[]): string {
  const reasons = new Map(expected.flatMap(({ reason, tests }) => tests.map((name) => [name, reason] as const)));
  const rows = outcomes
    .filter(({ kind }) => kind !== 'passed')
    .map(({ name, kind, detail }) => `| ${name} | ${kind} | ${reasons.get(name) ?? '**new**'} | ${oneCell(detail)} |`);
  return `| test | what became of it | why | what was said |\n|---|---|---|---|\n${rows.join('\n')}\n`;
}

function oneCell(text: string): string {
  return text.replaceAll(/\s+/g, ' ').replaceAll('|', '\\|').slice(0, 300);
}
