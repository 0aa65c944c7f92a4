import { type Check, command, type Diagnosis } from '../diagnosis.js';

/** No millrace is older. */
const EARLIEST_MS = Date.UTC(2026, 0, 1);
/** File systems and machines beside each other differ by less. */
const TOLERANCE_MS = 300_000;
const STEP_MS = 5_000;
const LARGE_STEP_MS = 60_000;

/** The clock, by which keys and certificates expire, and by which days and months of usage are counted. */
export const checkClock: Check = ({ nowMs, files, store, clockStepMs }) => {
  const written = [
    ...files.map(({ path, modifiedAtMs }) => [path, modifiedAtMs] as const),
    ...store.keys.map(({ name, createdAtMs }) => [`API key '${name}'`, createdAtMs] as const),
  ];
  const [latest, latestMs] = written.reduce<readonly [string, number]>(
    (last, each) => (each[1] > last[1] ? each : last),
    ['', 0],
  );
  return [
    ...(nowMs < EARLIEST_MS
      ? [ofClock('clock-wrong', 'error', `the clock says ${timeOf(nowMs)}, which is before millrace was made`)]
      : latestMs > nowMs + TOLERANCE_MS
        ? [
            ofClock(
              'clock-wrong',
              'warning',
              `the clock says ${timeOf(nowMs)}, and ${latest} is from ${timeOf(latestMs)}: it has been set back, or was ahead then`,
            ),
          ]
        : []),
    ...checkStep(clockStepMs),
  ];
};

function checkStep(stepMs: number | undefined): readonly Diagnosis[] {
  if (stepMs === undefined || Math.abs(stepMs) < STEP_MS) return [];
  const level = Math.abs(stepMs) < LARGE_STEP_MS ? 'note' : 'warning';
  const by = `${(Math.abs(stepMs) / 1_000).toFixed(0)} s ${stepMs > 0 ? 'forwards' : 'back'}`;
  // The monotonic clock stands still while the machine is suspended.
  const orElse = stepMs > 0 ? ', or the machine was suspended' : '';
  return [ofClock('clock-set', level, `the clock has been set ${by} since the server began${orElse}`)];
}

/** A server whose clock and that of this machine differ; `uncertaintyMs` is what the way there may have cost. */
export function checkSkew(skewMs: number, uncertaintyMs: number): readonly Diagnosis[] {
  const leastMs = Math.abs(skewMs) - uncertaintyMs;
  if (leastMs < STEP_MS) return [];
  const level = leastMs < LARGE_STEP_MS ? 'note' : 'warning';
  const direction = skewMs > 0 ? 'ahead of' : 'behind';
  const what = `the server's clock is ${Math.round(leastMs / 1_000)} s or more ${direction} the one of this machine`;
  return [ofClock('clock-skew', level, what)];
}

function ofClock(id: string, level: Diagnosis['level'], what: string): Diagnosis {
  return { id, level, what, where: 'the clock', fix: command('timedatectl set-ntp true') };
}

function timeOf(ms: number): string {
  return new Date(ms).toISOString();
}
