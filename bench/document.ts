import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { inRoot } from './harness/paths.js';
import { type BenchReport, formatBars, formatMarkdown, warningsOf } from './harness/report.js';
import { attackRows } from './workloads/attacks/index.js';
import { allRows } from './workloads/index.js';
import { languageRows } from './workloads/language/index.js';
import { protocolRows } from './workloads/protocols/index.js';
import { textRows } from './workloads/text/index.js';

/** A table of which the documentation tells what the last full run says. */
export interface Chapter {
  readonly name: 'table' | 'protocols' | 'language' | 'text' | 'attacks';
  readonly rowIds: () => readonly string[];
  /** Its rows need the peers and wrk. */
  readonly hasPeers: boolean;
  /** Where that run is kept. */
  readonly file: string;
  /** Where a run under stress (`--busy`) is kept, which the page shows in a column of its own; undefined = it shows none. */
  readonly busyFile?: string;
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
    busyFile: 'bench/kept/table-busy.json',
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
    name: 'text',
    rowIds: () => textRows().map(({ id }) => id),
    hasPeers: true,
    file: 'bench/kept/text.json',
    page: 'docs/performance/text-models.md',
    figures: 'docs/figures/text.md',
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

/** What is kept of a chapter: the run on a quiet machine, and the one under stress. */
export interface KeptRuns {
  readonly quiet?: BenchReport | undefined;
  readonly busy?: BenchReport | undefined;
}

/** Keeps a run and writes it into the documentation; returns the files that were written. Throws when it is not a full run. */
export function documentRun(report: BenchReport): string[] {
  const chapter = chapterOf(report);
  const text = `${JSON.stringify(report, rounded)}\n`;
  const kept = report.settings.busy ? { busy: JSON.parse(text) } : { quiet: JSON.parse(text) };
  const files = {
    [fileOf(chapter, report)]: text,
    ...pagesOf(chapter, { ...keptRuns(chapter), ...kept }, readPage(chapter.page)),
  };
  for (const [file, content] of Object.entries(files)) {
    mkdirSync(path.dirname(inRoot(file)), { recursive: true });
    writeFileSync(inRoot(file), content);
  }
  return Object.keys(files);
}

/** Where a run of a chapter is kept. Throws where the chapter shows no runs under stress. */
export function fileOf({ name, file, busyFile }: Chapter, { settings }: Pick<BenchReport, 'settings'>): string {
  if (!settings.busy) return file;
  if (busyFile === undefined) throw new Error(`no busy run of '${name}' is documented`);
  return busyFile;
}

/** A chapter's pages, with the figures of its kept runs. */
export function documentationOf(chapter: Chapter): Record<string, string> {
  return pagesOf(chapter, keptRuns(chapter), readPage(chapter.page));
}

function keptRuns({ file, busyFile }: Chapter): KeptRuns {
  const read = (name: string | undefined): BenchReport | undefined =>
    name !== undefined && existsSync(inRoot(name)) ? JSON.parse(readPage(name)) : undefined;
  return { quiet: read(file), busy: read(busyFile) };
}

export function readPage(page: string): string {
  return readFileSync(inRoot(page), 'utf8');
}

/** The pages of a chapter with the figures of its runs; without a quiet one it is not measured yet. `text`: the present page with its bars. */
export function pagesOf({ name, page, figures }: Chapter, runs: KeptRuns, text: string): Record<string, string> {
  const { quiet, busy } = runs;
  if (quiet === undefined) return { [page]: replaceSection(text, name, ['Not measured yet.']) };
  const section = sectionOf(quiet, busy, path.posix.relative(path.posix.dirname(page), figures));
  return { [page]: replaceSection(text, name, section), [figures]: formatMarkdown(quiet) };
}

/** The chapter whose rows a run has, of a busy run some of them; throws what a full run has that this one lacks. */
export function chapterOf({ machine, settings, rows }: BenchReport): Chapter {
  const ids = rows.map(({ id }) => id);
  const chapter = CHAPTERS.find(({ rowIds }) =>
    settings.busy ? ids.every((id) => rowIds().includes(id)) : rowIds().join(', ') === ids.join(', '),
  );
  if (chapter === undefined) throw new Error(`only a run of all rows is documented, got ${ids.join(', ')}`);
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

function sectionOf(quiet: BenchReport, busy: BenchReport | undefined, figures: string): string[] {
  const { settings, rows } = quiet;
  return [
    `Measured ${placeOf(quiet)}:`,
    `${settings.rounds} interleaved rounds of ${settings.seconds} s; median (lowest–highest) of the ratios within each round.`,
    `[All figures](${figures}), those of each contestant included.`,
    ...(busy === undefined ? [] : [`Busy: measured ${placeOf(busy)}, beside ${busy.machine.stress}.`]),
    ...warningsOf(quiet.otherNodes),
    '',
    ...formatBars(rows, busy?.rows),
  ];
}

function placeOf({ startedAt, machine }: BenchReport): string {
  return `${startedAt.slice(0, 10)} at commit ${machine.commit} with Node ${machine.node} on ${machine.cpu}`;
}

/** Six digits are more than anything is measured with. */
function rounded(_key: string, value: unknown): unknown {
  return typeof value === 'number' ? Number(value.toPrecision(6)) : value;
}
