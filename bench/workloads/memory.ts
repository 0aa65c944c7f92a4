import { processTree, pssBytes } from '../../src/loadgen/index.js';
import { valueBar } from '../harness/bars.js';
import { served } from '../harness/contestants.js';
import type { WarmUp } from '../harness/load.js';
import { MODELS } from '../harness/models.js';
import { anonAndFileBytes } from '../harness/proc.js';
import { createRows, oipRequest } from '../harness/requests.js';
import { interleavedRow } from '../harness/rounds.js';
import type { Contestant, Row } from '../harness/row.js';
import type { Metric, Sample } from '../harness/sample.js';
import type { RunningServer } from '../harness/server-process.js';
import { startMillrace } from '../harness/servers.js';

const LIFETIME: WarmUp = { requests: 1_000_000, mostSeconds: 600 };

/** Memory of the server and of a small runner after a million requests of W1. */
export function memoryRow(): Row {
  return interleavedRow({
    id: 'memory',
    title: 'Memory after 1,000,000 requests of W1',
    contestants: [memoryAfter({ name: 'millrace', lifetime: LIFETIME })],
    bars: [
      valueBar({ metric: 'serverMemoryMb', who: 'millrace', atMost: 120 }),
      valueBar({ metric: 'runnerMemoryMb', who: 'millrace', atMost: 75 }),
      valueBar({ metric: 'serverAnonFileMb', who: 'millrace' }),
      valueBar({ metric: 'runnerAnonFileMb', who: 'millrace' }),
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
  const [root, ...runners] = processTree(server.pid);
  const pss = (pids: readonly number[]) => megabytes(pids.map(pssBytes));
  const anonFile = (pids: readonly number[]) => megabytes(pids.map(anonAndFileBytes));
  if (root === undefined) return {};
  return known({
    serverMemoryMb: pss([root]),
    runnerMemoryMb: pss(runners),
    serverAnonFileMb: anonFile([root]),
    runnerAnonFileMb: anonFile(runners),
  });
}

/** The sum; undefined where one of the values is unknown. */
function megabytes(bytes: readonly (number | undefined)[]): number | undefined {
  const told = bytes.filter((each) => each !== undefined);
  return told.length < bytes.length ? undefined : told.reduce((sum, each) => sum + each, 0) / 1_048_576;
}

function known(values: Readonly<Partial<Record<Metric, number | undefined>>>): Sample {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}
