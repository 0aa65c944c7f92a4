import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { inRoot } from './harness/paths.js';
import { type BenchReport, formatBars, formatMarkdown } from './harness/report.js';
import { attackRows } from './workloads/attacks/index.js';
import { allRows } from './workloads/index.js';
import { languageRows } from './workloads/language/index.js';
import { protocolRows } from './workloads/protocols/index.js';

/** A table of which the documentation tells what the last full run says. */
export interface Chapter {
  readonly name: 'table' | 'protocols' | 'language' | 'attacks';
  readonly rowIds: () => readonly string[];
  /** Its rows need the peers and wrk. */
  readonly hasPeers: boolean;
  /** Where that run is kept. */
  readonly file: string;
  /** The page with its bars, between marks with its name. */
  readonly page: string;
  /** The page of all its figures. */
  readonly figures: string;
}

const LEAST_ROUNDS = 7;

export const CHAPTERS: readonly Chapter[] = [
  {
    name: 'table',
    rowIds: () => allRows().map(({ id }) => id),
    hasPeers: true,
    file: 'bench/kept/table.json',
    page: 'docs/performance.md',
    figures: 'docs/figures/table.md',
  },
  {
    name: 'protocols',
    rowIds: () => protocolRows().map(({ id }) => id),
    hasPeers: true,
    file: 'bench/kept/protocols.json',
    page: 'docs/performance/protocols.md',
    figures: 'docs/figures/protocols.md',
  },
  {
    name: 'language',
    rowIds: () => languageRows().map(({ id }) => id),
    hasPeers: true,
    file: 'bench/kept/language.json',
    page: 'docs/performance/language-models.md',
    figures: 'docs/figures/language.md',
  },
  {
    name: 'attacks',
    rowIds: () => attackRows().map(({ id }) => id),
    hasPeers: false,
    file: 'bench/kept/attacks.json',
    page: 'docs/performance/attacks.md',
    figures: 'docs/figures/attacks.md',
  },
];

/** Keeps a run and writes it into the documentation; returns the files that were written. Throws when it is not a full run. */
export function documentRun(report: BenchReport): string[] {
  const chapter = chapterOf(report);
  const kept = `${JSON.stringify(report, rounded)}\n`;
  const files = { [chapter.file]: kept, ...pagesOf(chapter, JSON.parse(kept), readPage(chapter.page)) };
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(path.dirname(inRoot(file)), { recursive: true });
    writeFileSync(inRoot(file), text);
  }
  return Object.keys(files);
}

/** The pages that tell of a chapter, as the run that is kept of it has them say. */
export function documentationOf(chapter: Chapter): Record<string, string> {
  const kept = existsSync(inRoot(chapter.file)) ? JSON.parse(readPage(chapter.file)) : undefined;
  return pagesOf(chapter, kept, readPage(chapter.page));
}

export function readPage(page: string): string {
  return readFileSync(inRoot(page), 'utf8');
}

/** The pages of a chapter with the figures of a run. `text`: the present page with its bars. `report`: undefined = not measured yet. */
export function pagesOf(
  { name, page, figures }: Chapter,
  report: BenchReport | undefined,
  text: string,
): Record<string, string> {
  if (report === undefined) return { [page]: replaceSection(text, name, ['Not measured yet.']) };
  const section = sectionOf(report, path.posix.relative(path.posix.dirname(page), figures));
  return { [page]: replaceSection(text, name, section), [figures]: formatMarkdown(report) };
}

/** The chapter whose rows a run has; throws what a full run has that this one lacks. */
export function chapterOf({ machine, settings, rows }: BenchReport): Chapter {
  const ids = rows.map(({ id }) => id).join(', ');
  const chapter = CHAPTERS.find(({ rowIds }) => rowIds().join(', ') === ids);
  if (chapter === undefined) throw new Error(`only a run of all rows is documented, got ${ids}`);
  const missing = [
    ...(settings.trial ? ['warm servers'] : []),
    ...(settings.peers || !chapter.hasPeers ? [] : ['peers']),
    ...(settings.generator === 'wrk' || !chapter.hasPeers ? [] : ['wrk']),
    ...(/-dirty$|^unknown$/.test(machine.commit ?? '') ? ['a commit of what was measured'] : []),
    ...(settings.rounds >= LEAST_ROUNDS ? [] : [`${LEAST_ROUNDS} rounds`]),
  ];
  if (missing.length > 0) throw new Error(`only a full run is documented, this one lacks: ${missing.join(', ')}`);
  return chapter;
}

/** Replaces what lies between `<!-- NAME: … -->` and `<!-- end of NAME -->`; throws when the page has no such section. */
export function replaceSection(page: string, name: string, lines: readonly string[]): string {
  const section = new RegExp(`(<!-- ${name}: [^\\n]*-->\\n)[^]*?(\\n<!-- end of ${name} -->)`);
  if (!section.test(page)) throw new Error(`no section '${name}'`);
  return page.replace(section, (_all, begin: string, end: string) => `${begin}\n${lines.join('\n')}\n${end}`);
}

function sectionOf({ startedAt, machine, settings, rows }: BenchReport, figures: string): string[] {
  return [
    `Measured ${startedAt.slice(0, 10)} at commit ${machine.commit} with Node ${machine.node} on ${machine.cpu}:`,
    `${settings.rounds} interleaved rounds of ${settings.seconds} s; median (lowest–highest) of the ratios within each round.`,
    `[All figures](${figures}), those of each contestant included.`,
    '',
    ...formatBars(rows),
  ];
}

/** Six digits are more than anything is measured with. */
function rounded(_key: string, value: unknown): unknown {
  return typeof value === 'number' ? Number(value.toPrecision(6)) : value;
}
