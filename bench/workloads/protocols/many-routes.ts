import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { systemClock } from '../../../src/core/index.js';
import { treeMemory } from '../../../src/loadgen/index.js';
import type { openStore } from '../../../src/store/index.js';
import { ratioBar } from '../../harness/bars.js';
import { served } from '../../harness/contestants.js';
import { MODELS } from '../../harness/models.js';
import { inRoot } from '../../harness/paths.js';
import { createRows, oipRequest } from '../../harness/requests.js';
import { interleavedRow } from '../../harness/rounds.js';
import type { Contestant, Row } from '../../harness/row.js';
import type { Sample } from '../../harness/sample.js';
import type { RunningServer } from '../../harness/server-process.js';
import { startMillrace } from '../../harness/servers.js';
import { slopesOf } from '../slopes.js';
import { MODEL } from './contestants.js';

const COUNTS = [1, 250, 500, 1_000] as const;
const MOST = 1_000;
const DECISIONS = 10_000;
/** The store lets no more wait than 1,000. */
const AT_A_TIME = 500;
const WITH_DECISIONS = `${nameOf(MOST)}, ${DECISIONS} decisions`;
const AT_MOST = 1.08;

/** What a thousand routes, and ten thousand stored decisions of a rollout, cost a request by one of them; memory and start time as slopes. */
export function manyRoutesRow(): Row {
  const row = interleavedRow({
    id: 'routes',
    title: `1 to 1,000 routes, and ${DECISIONS} stored decisions, one of them called by 32 connections (inline mlp-16x10)`,
    contestants: [
      ...COUNTS.map((count) => asked(nameOf(count), () => startWith(count, []))),
      asked(WITH_DECISIONS, startWithDecisions),
    ],
    bars: [
      ratioBar({ metric: 'cpuUsPerRequest', who: nameOf(MOST), against: nameOf(1), atMost: AT_MOST }),
      ratioBar({ metric: 'cpuUsPerRequest', who: WITH_DECISIONS, against: nameOf(MOST), atMost: AT_MOST }),
    ],
  });
  return {
    ...row,
    async run(settings) {
      const result = await row.run(settings);
      const slopes = slopesOf({ what: 'routes', counts: COUNTS, nameOf }, result.contestants);
      return { ...result, notes: [...result.notes, ...slopes] };
    },
  };
}

function nameOf(count: number): string {
  return count === 1 ? '1 route' : `${count} routes`;
}

function asked(name: string, start: () => Promise<RunningServer>): Contestant {
  const { mlp16: model } = MODELS;
  return served({
    name,
    start,
    plan: {
      request: oipRequest(createRows(model, 1), { model: 'live-0', input: model.input, format: 'json' }),
      level: { kind: 'concurrency', concurrency: 32 },
      rowsPerRequest: 1,
    },
    inspect: (server): Sample => ({
      startMs: server.startMs,
      memoryMb: treeMemory(server.pid).bytes / 1_048_576,
    }),
  });
}

function startWith(count: number, more: readonly string[]): Promise<RunningServer> {
  const arms = [95, 5].map((weight, index) => `{ name: a${index}, model: ${MODEL}, version: 1, weight: ${weight} }`);
  const routes = Array.from(
    { length: count },
    (_, index) => `  live-${index}: { arms: [${arms.join(', ')}], sticky: { header: host } }`,
  );
  return startMillrace({
    models: [{ name: MODEL, model: MODELS.mlp16, yaml: ['instances: {placement: inline}'] }],
    config: ['routes:', ...routes, ...more],
  });
}

async function startWithDecisions(): Promise<RunningServer> {
  const folder = mkdtempSync(path.join(tmpdir(), 'millrace-bench-store-'));
  const file = path.join(folder, 'store.db');
  await storeDecisions(file);
  const server = await startWith(MOST, [`store: { path: ${JSON.stringify(file)} }`]);
  return {
    ...server,
    async stop() {
      await server.stop();
      rmSync(folder, { recursive: true });
    },
  };
}

/** One rollout that is over, with so many decisions. */
async function storeDecisions(file: string): Promise<void> {
  // The build's own: it has the thread beside it.
  const built: { readonly openStore: typeof openStore } = await import(inRoot('dist/store/index.js'));
  const store = built.openStore({ path: file, maxSizeBytes: 1_073_741_824 }, systemClock);
  const decision = { atMs: 0, by: 'bench', action: 'hold', reason: 'not enough has been seen', numbers: { seen: 1 } };
  const record = { id: 'r', model: MODEL, plan: {}, state: {}, isOver: false, startedAtMs: 0, startedBy: 'bench' };
  await store.rollouts.begin(record, decision);
  for (let left = DECISIONS - 1; left > 0; left -= AT_A_TIME) {
    const count = Math.min(AT_A_TIME, left);
    const isLast = count === left;
    const next = (index: number) => ({ state: {}, isOver: isLast && index === count - 1, decision });
    await Promise.all(Array.from({ length: count }, (_, index) => store.rollouts.decide('r', next(index))));
  }
  await store.close();
}
