import { processTree, pssBytes } from '../../src/loadgen/index.js';
import { valueBar } from '../harness/bars.js';
import { served } from '../harness/contestants.js';
import type { WarmUp } from '../harness/load.js';
import { MODELS } from '../harness/models.js';
import { createRows, oipRequest } from '../harness/requests.js';
import { interleavedRow } from '../harness/rounds.js';
import type { Contestant, Row } from '../harness/row.js';
import type { Sample } from '../harness/sample.js';
import type { RunningServer } from '../harness/server-process.js';
import { startMillrace } from '../harness/servers.js';

const LIFETIME: WarmUp = { requests: 1_000_000, mostSeconds: 600 };

/** Memory of the server and of a small runner after a million requests of W1. */
export function memoryRow(): Row {
  return interleavedRow({
    id: 'memory',
    title: 'Proportional set size after 1,000,000 requests of W1',
    contestants: [memoryAfter({ name: 'millrace', lifetime: LIFETIME })],
    bars: [
      valueBar({ metric: 'serverMemoryMb', who: 'millrace', atMost: 120 }),
      valueBar({ metric: 'runnerMemoryMb', who: 'millrace', atMost: 75 }),
    ],
  });
}

interface Lived {
  readonly name: string;
  /** The `cli/main.js` of the build to start; this repository's, if not set. */
  readonly entry?: string | undefined;
  /** The requests of W1 that come before. */
  readonly lifetime: WarmUp;
}

/** A server that has lived for a while. */
export function memoryAfter({ name, entry, lifetime }: Lived): Contestant {
  const { mlp16: model } = MODELS;
  return served({
    name,
    start: () => startMillrace({ models: [{ name: 'm', model }], entry }),
    plan: {
      request: oipRequest(createRows(model, 1), { model: 'm', input: model.input, format: 'json' }),
      level: { kind: 'concurrency', concurrency: 32 },
      rowsPerRequest: 1,
    },
    warmUp: lifetime,
    inspect: memoryOf,
  });
}

function memoryOf(server: RunningServer): Sample {
  const [root, ...runners] = processTree(server.pid).map((pid) => (pssBytes(pid) ?? 0) / 1_048_576);
  if (root === undefined || root === 0) return {};
  return { serverMemoryMb: root, runnerMemoryMb: runners.reduce((sum, each) => sum + each, 0) };
}
