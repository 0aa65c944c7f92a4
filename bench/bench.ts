import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { compare, formatComparison, LIMIT } from './compare.js';
import { documentRun } from './document.js';
import { buildAt } from './harness/builds.js';
import { inRoot } from './harness/paths.js';
import { countOtherNodes } from './harness/proc.js';
import { profileMillrace } from './harness/profile.js';
import { type BenchReport, describeMachine, formatMarkdown, warningsOf } from './harness/report.js';
import type { BenchSettings, Row } from './harness/row.js';
import { startStress } from './harness/stress.js';
import { checkTextFiles } from './harness/text/files.js';
import { wrkVersion } from './harness/wrk.js';
import { INSTALLED } from './peers/index.js';
import { attackRows } from './workloads/attacks/index.js';
import { batchRows } from './workloads/batch.js';
import { comparisonRows } from './workloads/comparisons.js';
import { allRows } from './workloads/index.js';
import { jobRows } from './workloads/jobs.js';
import { languageRows } from './workloads/language/index.js';
import { planRows } from './workloads/plan.js';
import { PROFILES } from './workloads/profiles.js';
import { protocolRows } from './workloads/protocols/index.js';
import { textRows } from './workloads/text/index.js';

const USAGE = `npm run bench -- [options]

Measures millrace and its controls in turn and writes bench/results/<time>.md and .json.

  --protocols        gRPC, streams, shared memory, cache, scripts and sequences instead of the main table
  --language         language models instead of the main table, beside llama.cpp's own server, installed into .cache/peers
  --text             text models instead of the main table, beside ONNX Runtime alone and a hand-written server, installed
                     into .cache/peers; needs --text-models
  --text-models FOLDER   the folder with their files and texts
  --jobs             asynchronous jobs instead of the main table, beside the statements of their store alone
  --batch            files of rows instead of the main table, beside scripts in Python, installed into .cache/peers
  --plan             what 'millrace plan' predicts beside what is measured, instead of the main table; in 3 rounds
  --attacks          the waits of a tenant beside attacks of another one instead of the main table
  --rows A,B         only these rows: ${names(allRows())};
                     ${names(protocolRows())};
                     ${names(languageRows())};
                     ${names(textRows())};
                     ${names(attackRows())};
                     ${names(jobRows())};
                     ${names(batchRows())};
                     ${names(planRows())};
                     with --compare W1, W1-c1, W2, W2-binary, W3, grpc-W1, cold-start, memory
  --compare FOLDER   instead: this build beside the one in FOLDER (a compiled checkout, a package, or its dist), and that one
                     beside itself, in turn; dearer where the 95 % interval of new / old reaches ${LIMIT} and lies above what
                     the old build differs by from itself
  --processes N      with --compare: servers of each side, of which the mean counts (3)
  --rounds N         interleaved rounds (7; with --compare 15, with --plan 3)
  --duration S       seconds of each measurement (3)
  --quick            one round of 0.3 s on cold servers, to see that everything runs; no bar is judged
  --busy             with declared stress: half of each core is kept busy meanwhile, and no bar is judged
  --peers            with the Python peers, installed into .cache/peers
  --load wrk|own     who sends closed loops; wrk is taken when it is installed
  --profile A,B      instead: where the time of a request goes, as A.txt and B.txt; of
                     ${Object.keys(PROFILES).join(', ')}
  --document FILE    instead: writes the run of that .json into docs/ and keeps it in bench/kept; it has to have all rows
                     (of a busy run some are enough), 7 rounds and peers
  --out FOLDER       where to write what was measured (bench/results)
`;

/** Runs the table as the command line says. Exit code 1 when a bar is missed. */
export async function main(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      protocols: { type: 'boolean', default: false },
      language: { type: 'boolean', default: false },
      text: { type: 'boolean', default: false },
      'text-models': { type: 'string' },
      jobs: { type: 'boolean', default: false },
      batch: { type: 'boolean', default: false },
      plan: { type: 'boolean', default: false },
      attacks: { type: 'boolean', default: false },
      rows: { type: 'string' },
      compare: { type: 'string' },
      processes: { type: 'string', default: '3' },
      rounds: { type: 'string' },
      duration: { type: 'string', default: '3' },
      quick: { type: 'boolean', default: false },
      busy: { type: 'boolean', default: false },
      peers: { type: 'boolean', default: false },
      load: { type: 'string' },
      profile: { type: 'string' },
      document: { type: 'string' },
      out: { type: 'string', default: inRoot('bench/results') },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  if (values.document !== undefined) {
    const written = documentRun(JSON.parse(readFileSync(values.document, 'utf8')));
    console.error(`written: ${written.join(', ')}`);
    return 0;
  }
  const say = (line: string): void => console.error(line);
  const settings: BenchSettings = {
    rounds: values.quick ? 1 : positive('rounds', values.rounds ?? defaultRounds(values)),
    seconds: values.quick ? 0.3 : positive('duration', values.duration),
    warmUpSeconds: values.quick ? 0.1 : 2,
    generator: generatorOf(values.load),
    // Their only peers take part in any case.
    peers: values.peers || values.language || values.text,
    trial: values.quick,
    textModels: values['text-models'],
    ...(values.busy ? { busy: true } : {}),
    say,
  };
  if (values.profile !== undefined) {
    await writeProfiles(values.profile.split(','), settings, values.out);
    return 0;
  }
  if (values.compare !== undefined) {
    const processes = values.quick ? 1 : positive('processes', values.processes);
    const report = await compareBuilds(values.compare, settings, { processes, wanted: values.rows });
    write(report, formatComparison(report), values.out);
    return report.rows.flatMap(compare).some(({ verdict }) => verdict === 'dearer') ? 1 : 0;
  }
  const rows = rowsOf(values);
  if (values.text) checkTextFiles(settings);
  if (values.peers) installPeers(say);
  const report = await runRows(rows, settings);
  write(report, formatMarkdown(report), values.out);
  return report.rows.some((row) => row.bars.some(({ verdict }) => verdict === 'fail')) ? 1 : 0;
}

/** Runs rows one after the other, beside the declared stress where the settings ask for it. */
export async function runRows(rows: readonly Row[], settings: BenchSettings): Promise<BenchReport> {
  const startedAt = new Date().toISOString();
  // Before it runs: the checkout may be at another commit when it ends.
  const machine = describeMachine();
  const otherNodes = countOtherNodes();
  for (const warning of warningsOf(otherNodes)) settings.say(warning);
  const stress = settings.busy ? startStress() : undefined;
  const results = [];
  let stressed: string | undefined;
  try {
    for (const row of rows) {
      settings.say(`${row.id}: ${row.title}`);
      results.push(await row.run(settings));
    }
  } finally {
    stressed = await stress?.stop();
  }
  const { say: _say, textModels: _folder, ...plain } = settings;
  return {
    startedAt,
    machine: { ...machine, ...(stressed === undefined ? {} : { stress: stressed }) },
    settings: plain,
    rows: results,
    otherNodes,
  };
}

interface CompareOptions {
  /** Servers of each side. */
  readonly processes: number;
  /** The names of the rows, joined by commas; all of them if not set. */
  readonly wanted: string | undefined;
}

/** Measures this build beside the one in `folder`. */
export async function compareBuilds(
  folder: string,
  settings: BenchSettings,
  { processes, wanted }: CompareOptions,
): Promise<BenchReport> {
  const pair = { old: buildAt(folder), new: buildAt(inRoot()) };
  const rows = comparisonRows(pair, processes);
  const report = await runRows(wanted === undefined ? rows : chooseRows(wanted, rows), settings);
  const { commit, ...machine } = report.machine;
  return { ...report, machine: { ...machine, old: pair.old.commit, new: pair.new.commit } };
}

function write(report: BenchReport, markdown: string, folder: string): void {
  const file = path.join(folder, report.startedAt.replaceAll(':', '').slice(0, 17));
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${file}.json`, `${JSON.stringify(report, undefined, 1)}\n`);
  writeFileSync(`${file}.md`, markdown);
  console.log(markdown);
  console.error(`written: ${file}.md and .json`);
}

async function writeProfiles(names: readonly string[], settings: BenchSettings, folder: string): Promise<void> {
  const workloads = names.map((name) => {
    const workload = PROFILES[name]?.();
    if (workload === undefined) throw new Error(`--profile: expected one of ${Object.keys(PROFILES).join(', ')}`);
    return { workload, file: path.join(folder, `${name}.txt`) };
  });
  const profiles: Record<string, string> = {};
  for (const { workload, file } of workloads) profiles[file] = await profileMillrace(workload, settings);
  // Not one by one: the first file would make a checkout dirty that the others are said to be of.
  mkdirSync(folder, { recursive: true });
  for (const [file, text] of Object.entries(profiles)) {
    writeFileSync(file, text);
    console.log(text);
    console.error(`written: ${file}`);
  }
}

/** One that cannot be installed here is left out of the rows. */
function installPeers(say: (line: string) => void): void {
  for (const peer of INSTALLED) {
    try {
      peer.install(say);
    } catch (error) {
      say(`${peer.name} is not installed: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}

function defaultRounds({ compare, plan }: { readonly compare?: string | undefined; readonly plan: boolean }): string {
  if (compare !== undefined) return '15';
  return plan ? '3' : '7';
}

interface Selection {
  readonly protocols: boolean;
  readonly language: boolean;
  readonly text: boolean;
  readonly attacks: boolean;
  readonly jobs: boolean;
  readonly batch: boolean;
  readonly plan: boolean;
  /** Names of rows. */
  readonly rows?: string | undefined;
}

function rowsOf({ protocols, language, text, attacks, jobs, batch, plan, rows: wanted }: Selection): Row[] {
  if (wanted !== undefined) {
    return chooseRows(wanted, [
      ...allRows(),
      ...protocolRows(),
      ...languageRows(),
      ...textRows(),
      ...attackRows(),
      ...jobRows(),
      ...batchRows(),
      ...planRows(),
    ]);
  }
  if (attacks) return attackRows();
  if (jobs) return jobRows();
  if (batch) return batchRows();
  if (plan) return planRows();
  if (language) return languageRows();
  if (text) return textRows();
  return protocols ? protocolRows() : allRows();
}

/** The rows of that name among `known`. */
function chooseRows(wanted: string, known: readonly Row[]): Row[] {
  return wanted.split(',').map((name) => {
    const row = known.find(({ id }) => id === name);
    if (row === undefined) throw new Error(`no row '${name}'; there are ${names(known)}`);
    return row;
  });
}

function names(rows: readonly Row[]): string {
  return rows.map(({ id }) => id).join(', ');
}

function generatorOf(name: string | undefined): 'wrk' | 'own' {
  if (name === undefined) return wrkVersion() === undefined ? 'own' : 'wrk';
  if (name !== 'wrk' && name !== 'own') throw new Error(`--load: expected wrk or own, got '${name}'`);
  return name;
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new Error(`--${name}: expected a number above 0, got '${text}'`);
  return value;
}
