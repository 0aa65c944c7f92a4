import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'vitest';
import { FREE_PORTS, startCli } from '../../support/cli-process.js';
import { closeGrpcServers } from '../../support/grpc-server.js';
import { createTempFolder } from '../../support/model-folder.js';
import { Random } from '../../support/random.js';
import {
  calmLane,
  cancelLane,
  deadlineLane,
  resetLane,
  type StormLane,
  type StormTally,
  streamLane,
} from './grpc-storm.js';
import { countDescriptors } from './processes.js';

export interface StormOptions {
  readonly seed: number;
  readonly durationMs: number;
  /** Clients of each kind. */
  readonly clients: number;
}

const LANES: readonly StormLane[] = [calmLane, cancelLane, deadlineLane, resetLane, streamLane];
const MODELS = ['quick', 'slow'];
const IDLE_LIMIT_MS = 60_000;

/** Storms of cancellations, deadlines and broken connections over gRPC; what is not in them gets its own answer. */
export async function expectStormToHarmNobody({ seed, durationMs, clients }: StormOptions): Promise<void> {
  await using folder = await createTempFolder({
    'quick/model.yaml': echoOf({ delayMs: 0 }),
    'quick/1/.keep': '',
    'slow/model.yaml': echoOf({ delayMs: 6 }),
    'slow/1/.keep': '',
  });
  await using cli = startCli([...['serve', folder.path, '--json', '--log-level', 'error'], ...FREE_PORTS]);
  const { grpc, metrics } = await cli.nextEvent();
  await cli.nextEvent();
  const pid = cli.child.pid ?? 0;
  // The connection of the first look at the metrics may stay.
  await countPending(String(metrics));
  const before = countDescriptors(pid);
  const tally: StormTally = { counts: {}, wrong: [] };
  const random = new Random(seed);
  const endsAt = performance.now() + durationMs;
  const running = (): boolean => performance.now() < endsAt;
  try {
    await Promise.all(
      Array.from({ length: clients }, (_, index) =>
        LANES.map((lane) =>
          lane(
            { address: String(grpc), model: MODELS[index % MODELS.length] ?? '', random: random.fork(), running },
            tally,
          ),
        ),
      ).flat(),
    );
  } finally {
    await closeGrpcServers();
  }
  const left = await untilIdle(String(metrics), () => countDescriptors(pid) - before);
  cli.child.kill('SIGTERM');
  const { exit, err } = await cli.ended;
  expect({ seed, wrong: tally.wrong.slice(0, 20), ...left, exit, err }).toEqual({
    seed,
    wrong: [],
    pending: 0,
    descriptors: 0,
    exit: 0,
    err: expect.not.stringContaining('"level":"error"'),
  });

  // It was a storm indeed.
  expect(Object.keys(tally.counts).sort()).toEqual([
    ...['calm ok', 'cancel CANCELLED', 'cancel ok', 'deadline DEADLINE_EXCEEDED', 'deadline ok', 'reset'],
    ...['stream CANCELLED', 'stream ok'],
  ]);
}

function echoOf({ delayMs }: { readonly delayMs: number }): string {
  return [
    'runtime: echo',
    'maxBatchSize: 16',
    'inputs: [{name: x, datatype: INT64, shape: [-1, 1]}]',
    'outputs: [{name: y, datatype: INT64, shape: [-1, 1]}]',
    `echo: {delayMs: ${delayMs}}`,
    '',
  ].join('\n');
}

/** Requests that the server has not answered yet, all models together. */
async function countPending(metricsUrl: string): Promise<number> {
  const text = await (await fetch(`${metricsUrl}/metrics`)).text();
  const gauges = [...text.matchAll(/^nv_inference_pending_request_count\{.*\} (\d+)$/gm)];
  expect(gauges).toHaveLength(MODELS.length);
  return gauges.reduce((sum, [, value]) => sum + Number(value), 0);
}

/** Waits until nothing is under way any more; what is still there after a minute is a leak. */
async function untilIdle(
  metricsUrl: string,
  openDescriptors: () => number,
): Promise<{ readonly pending: number; readonly descriptors: number }> {
  const giveUpAt = performance.now() + IDLE_LIMIT_MS;
  for (;;) {
    const pending = await countPending(metricsUrl);
    const descriptors = Math.max(0, openDescriptors());
    if ((pending === 0 && descriptors === 0) || performance.now() > giveUpAt) return { pending, descriptors };
    await pause(50);
  }
}
