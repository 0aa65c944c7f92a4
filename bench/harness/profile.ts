import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { applyLoad, type LoadPlan } from './load.js';
import { inRoot } from './paths.js';
import type { BenchSettings } from './row.js';
import { type MillraceOptions, startMillrace } from './servers.js';

/** The parts of V8's CPU profile that are read here. */
export interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

export interface SelfTime {
  readonly name: string;
  readonly microseconds: number;
}

/** Time in each function itself, without what it calls, longest first; named `function (file:line)`. */
export function selfTimes(profile: CpuProfile): SelfTime[] {
  const names = new Map(profile.nodes.map(({ id, callFrame }) => [id, nameOf(callFrame)]));
  const totals = new Map<string, number>();
  for (const [index, id] of profile.samples.entries()) {
    const name = names.get(id) ?? '?';
    totals.set(name, (totals.get(name) ?? 0) + (profile.timeDeltas[index] ?? 0));
  }
  return [...totals]
    .map(([name, microseconds]) => ({ name, microseconds }))
    .sort((a, b) => b.microseconds - a.microseconds);
}

/** Self times added up by where the function is: a room of millrace, a package, node itself or the engine. */
export function placeTimes(times: readonly SelfTime[]): SelfTime[] {
  const totals = new Map<string, number>();
  for (const { name, microseconds } of times) {
    const place = placeOf(name);
    totals.set(place, (totals.get(place) ?? 0) + microseconds);
  }
  return [...totals]
    .map(([name, microseconds]) => ({ name, microseconds }))
    .sort((a, b) => b.microseconds - a.microseconds);
}

/** Runs millrace under load with V8's profiler and returns a table of where its own process spent the time. */
export async function profileMillrace(
  options: MillraceOptions,
  plan: LoadPlan,
  settings: BenchSettings,
): Promise<string> {
  const folder = mkdtempSync(path.join(tmpdir(), 'millrace-profile-'));
  try {
    const nodeArgs = ['--cpu-prof', '--cpu-prof-dir', folder, '--cpu-prof-interval', '200'];
    const server = await startMillrace({ ...options, nodeArgs });
    await applyLoad(server, plan, { seconds: settings.warmUpSeconds, generator: settings.generator });
    const sample = await applyLoad(server, plan, { seconds: settings.seconds, generator: settings.generator });
    await server.stop();
    const file = readdirSync(folder).find((name) => name.includes(`.${server.pid}.`));
    if (file === undefined) throw new Error('the server wrote no profile');
    const profile: CpuProfile = JSON.parse(readFileSync(path.join(folder, file), 'utf8'));
    return formatProfile(selfTimes(profile), sample.requestsPerSecond ?? 0);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const TOP = 40;

function formatProfile(times: readonly SelfTime[], requestsPerSecond: number): string {
  const busy = times.filter(({ name }) => !/^\((idle|program)\)/.test(name));
  const total = busy.reduce((sum, { microseconds }) => sum + microseconds, 0);
  const line = ({ name, microseconds }: SelfTime): string =>
    `| ${((100 * microseconds) / total).toFixed(1)} % | ${name} |`;
  return [
    `${requestsPerSecond.toFixed(0)} requests a second under the profiler; shares of ${(total / 1e6).toFixed(1)} s busy`,
    '',
    '| share | place |',
    '|---|---|',
    ...placeTimes(busy).map(line),
    '',
    '| self | function |',
    '|---|---|',
    ...busy.slice(0, TOP).map(line),
  ].join('\n');
}

function nameOf({ functionName, url, lineNumber }: CpuProfile['nodes'][number]['callFrame']): string {
  if (url === '') return functionName === '' ? '(anonymous)' : functionName;
  const file = url.startsWith('file:') ? path.relative(inRoot(), fileURLToPath(url)) : url;
  return `${functionName === '' ? '(anonymous)' : functionName} (${file}:${lineNumber + 1})`;
}

function placeOf(name: string): string {
  const file = /\((.+):\d+\)$/.exec(name)?.[1];
  if (file === undefined) return name.startsWith('(') ? name : 'engine and native code';
  if (file.startsWith('node:')) return file;
  const own = /^dist\/([^/]+)(?:\/([^/]+))?/.exec(file);
  if (own !== null) return `millrace ${own[1]}/${own[2] ?? ''}`;
  return /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1] ?? file;
}
