import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type CpuProfile, isIdle, placeTimes, type SelfTime, selfTimes } from './cpu-profile.js';
import { applyLoad, type LoadPlan, warmUp } from './load.js';
import type { BenchSettings } from './row.js';
import { type MillraceOptions, startMillrace } from './servers.js';

/** Runs millrace under load with V8's profiler and returns a table of where its own process spent the time. */
export async function profileMillrace(
  options: MillraceOptions,
  plan: LoadPlan,
  settings: BenchSettings,
): Promise<string> {
  const folder = mkdtempSync(path.join(tmpdir(), 'millrace-profile-'));
  try {
    const nodeArgs = ['--cpu-prof', '--cpu-prof-dir', folder, '--cpu-prof-interval', '100'];
    const server = await startMillrace({ ...options, nodeArgs });
    const drive = (seconds: number) => applyLoad(server, plan, { seconds, generator: settings.generator });
    await warmUp(drive, settings);
    const startedAt = performance.now();
    const sample = await drive(settings.seconds);
    const loadedMs = performance.now() - startedAt;
    await server.stop();
    const file = readdirSync(folder).find((name) => name.includes(`.${server.pid}.`));
    if (file === undefined) throw new Error('the server wrote no profile');
    const profile: CpuProfile = JSON.parse(readFileSync(path.join(folder, file), 'utf8'));
    // The load is the last thing that the server did; start and warm-up lie before.
    return formatProfile(selfTimes(profile, loadedMs * 1000), sample.requestsPerSecond ?? 0);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const TOP_FUNCTIONS = 50;
const TOP_PLACES = 30;

function formatProfile(times: readonly SelfTime[], requestsPerSecond: number): string {
  const busy = times.filter((time) => !isIdle(time));
  const total = busy.reduce((sum, { microseconds }) => sum + microseconds, 0);
  const line = ({ name, microseconds }: SelfTime): string =>
    `| ${((100 * microseconds) / total).toFixed(1)} % | ${name} |`;
  return [
    `${requestsPerSecond.toFixed(0)} requests a second under the profiler; shares of ${(total / 1e6).toFixed(1)} s busy`,
    '',
    '| share | place |',
    '|---|---|',
    ...placeTimes(busy).slice(0, TOP_PLACES).map(line),
    '',
    '| self | function |',
    '|---|---|',
    ...busy.slice(0, TOP_FUNCTIONS).map(line),
  ].join('\n');
}
