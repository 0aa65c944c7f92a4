import { ratioBar } from '../../harness/bars.js';
import { runOnnx, served } from '../../harness/contestants.js';
import type { LoadPlan } from '../../harness/load.js';
import { MODELS } from '../../harness/models.js';
import { judgeNoise } from '../../harness/noise.js';
import type { ProfiledWorkload } from '../../harness/profile.js';
import { createRows, oipRequest } from '../../harness/requests.js';
import { interleavedRow, roundsOf } from '../../harness/rounds.js';
import { type BarSpec, type Contestant, isJudged, judge, type Row, type RowResult } from '../../harness/row.js';
import type { Sample } from '../../harness/sample.js';
import { spreadOf, valuesOf } from '../../harness/sample.js';
import { scrape } from '../../harness/scrape.js';
import type { RunningServer } from '../../harness/server-process.js';
import { type MillraceOptions, startMillrace } from '../../harness/servers.js';
import { MODEL } from './contestants.js';

const ID = 'shadow-W1';
const TITLE =
  'mlp-16x10, one row JSON, Poisson arrivals at a third of the highest rate: all requests copied to a second model, and none';
const ALONE = 'no shadow';
/** Shows what two servers that are the same differ by. */
const AGAIN = 'no shadow, again';
const SHADOWED = 'shadow';
const SHADOW = 'next';
const SHADOW_LINE = `    shadow: { model: ${SHADOW}, maxPending: 1000 }`;
/** How much of the highest rate under 32 connections is sent. */
const SHARE = 1 / 3;

/** What callers notice, beside what they notice of two servers that are the same. Nothing is demanded: the machine does twice the work. */
export const CALLERS: readonly BarSpec[] = (['p50Ms', 'p99Ms'] as const).flatMap((metric) =>
  [SHADOWED, AGAIN].map((who) => ratioBar({ metric, who, against: ALONE })),
);

type Pressure = Pick<LoadPlan, 'level' | 'generator'>;

/** What the primary and its callers notice of its shadow, and what the copies cost. */
export function shadowRow(): Row {
  return {
    id: ID,
    title: TITLE,
    async run(settings) {
      const highest = await rowAt({ kind: 'concurrency', concurrency: 32 }, [ALONE, SHADOWED]).run({
        ...settings,
        rounds: Math.min(settings.rounds, 3),
      });
      const requestsPerSecond = Math.round(SHARE * lowestOf(highest.contestants));
      const level = { kind: 'rate', requestsPerSecond, arrivals: 'poisson' } as const;
      const result = await rowAt(level, [ALONE, AGAIN, SHADOWED]).run(settings);
      const rounds = roundsOf(result.contestants, settings.rounds);
      const spec = { metric: 'queueP99Ms', who: SHADOWED, against: ALONE, again: AGAIN } as const;
      const callers = CALLERS.map((bar) => judge(bar, rounds));
      return {
        ...result,
        bars: [judgeNoise(spec, rounds, !isJudged(settings)), ...callers],
        notes: [...highest.notes, ...result.notes, `${requestsPerSecond} requests a second`],
      };
    },
  };
}

function lowestOf(contestants: RowResult['contestants']): number {
  const rates = contestants.map(({ samples }) => spreadOf(valuesOf(samples, 'requestsPerSecond'))?.median ?? 0);
  const lowest = Math.min(...rates);
  if (!(lowest > 0 && lowest < Number.POSITIVE_INFINITY)) throw new Error('no highest rate to take a third of');
  return lowest;
}

function rowAt(level: LoadPlan['level'], names: readonly string[]): Row {
  const generator = level.kind === 'rate' ? 'poisson' : undefined;
  return interleavedRow({
    id: ID,
    title: TITLE,
    contestants: names.map((name) =>
      withQueue(name, (start) => plain(name, start, { level, generator }), name === SHADOWED ? [SHADOW_LINE] : []),
    ),
    bars: [],
  });
}

/** What `--profile` looks into: so many requests a second, all of them copied. */
export function shadowedWorkload(requestsPerSecond: number): ProfiledWorkload {
  return {
    title: `mlp-16x10, one row JSON, ${requestsPerSecond} requests a second as Poisson arrivals, all copied to a second model`,
    options: optionsOf([SHADOW_LINE]),
    plan: planOf({ level: { kind: 'rate', requestsPerSecond, arrivals: 'poisson' }, generator: 'poisson' }),
  };
}

function plain(name: string, start: () => Promise<RunningServer>, pressure: Pressure): Contestant {
  const { mlp16: model } = MODELS;
  const expected = async () => (await runOnnx(model, createRows(model, 1), 0)).outputs;
  return served({ name, start, plan: planOf(pressure), expected });
}

function planOf(pressure: Pressure): LoadPlan {
  const { mlp16: model } = MODELS;
  const rows = createRows(model, 1);
  const request = oipRequest(rows, { model: 'live', input: model.input, format: 'json' });
  return { request, rowsPerRequest: rows.count, ...pressure };
}

/** `more`: lines of the route. */
function optionsOf(more: readonly string[]): MillraceOptions {
  return {
    models: [
      { name: MODEL, model: MODELS.mlp16 },
      { name: SHADOW, model: MODELS.mlp16 },
    ],
    config: ['routes:', '  live:', `    arms: [{ model: ${MODEL} }]`, ...more],
  };
}

/** With the time that requests of the primary have waited in its queue, by what its metrics say before and after. */
function withQueue(
  name: string,
  make: (start: () => Promise<RunningServer>) => Contestant,
  more: readonly string[],
): Contestant {
  let server: RunningServer | undefined;
  const contestant = make(async () => {
    server = await startMillrace(optionsOf(more));
    return server;
  });
  return {
    name,
    peer: false,
    async open(settings) {
      const opened = await contestant.open(settings);
      return {
        ...opened,
        async measure() {
          const before = await waitsOf(server);
          const sample = await opened.measure();
          const queueP99Ms = quantileBetween(before, await waitsOf(server), 0.99);
          return { ...sample, ...(queueP99Ms === undefined ? {} : { queueP99Ms }) } satisfies Sample;
        },
      };
    },
  };
}

/** Cumulative counts by the upper bound in seconds. */
type Waits = ReadonlyMap<number, number>;

async function waitsOf(server: RunningServer | undefined): Promise<Waits> {
  if (server === undefined) throw new Error('it does not run');
  const text = await scrape(server);
  const line = /^millrace_request_queue_seconds_bucket\{([^}]*)\} (\d+)$/gm;
  const found = [...text.matchAll(line)].filter(([, labels = '']) => labels.includes(`model="${MODEL}"`));
  return new Map(
    found.map(([, labels = '', count]) => {
      const bound = /le="([^"]*)"/.exec(labels)?.[1] ?? '';
      return [bound === '+Inf' ? Number.POSITIVE_INFINITY : Number(bound), Number(count)];
    }),
  );
}

/** In milliseconds, interpolated within a bucket; undefined where nothing came between. */
export function quantileBetween(before: Waits, after: Waits, share: number): number | undefined {
  const counts = [...after].map(([bound, count]) => ({ bound, count: count - (before.get(bound) ?? 0) }));
  counts.sort((a, b) => a.bound - b.bound);
  const total = counts.at(-1)?.count ?? 0;
  if (total === 0) return undefined;
  let low = { bound: 0, count: 0 };
  for (const high of counts) {
    if (high.count >= share * total) {
      if (high.bound === Number.POSITIVE_INFINITY) return low.bound * 1_000;
      const part = (share * total - low.count) / Math.max(1, high.count - low.count);
      return (low.bound + part * (high.bound - low.bound)) * 1_000;
    }
    low = high;
  }
  return undefined;
}
