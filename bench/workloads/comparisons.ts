import { SIDES } from '../compare.js';
import type { Build } from '../harness/builds.js';
import { served } from '../harness/contestants.js';
import { loadUnary } from '../harness/grpc/streams.js';
import { warmUp } from '../harness/load.js';
import { MODELS } from '../harness/models.js';
import type { ProfiledWorkload } from '../harness/profile.js';
import { createRows } from '../harness/requests.js';
import { interleavedRow } from '../harness/rounds.js';
import type { Contestant, Row } from '../harness/row.js';
import { startMillrace } from '../harness/servers.js';
import { several } from '../harness/several.js';
import { coldMillrace } from './cold-start.js';
import { memoryAfter } from './memory.js';
import { PROFILES } from './profiles.js';
import { grpcOf, MODEL, messageOf } from './protocols/contestants.js';

/** The builds that are compared: what was, and what is to take its place. */
export interface Pair {
  readonly old: Build;
  readonly new: Build;
}

const SMALL = { model: MODELS.mlp16, rows: createRows(MODELS.mlp16, 1) };
const IN_FLIGHT = 32;

/** What `--compare` measures: the same workload of two builds, in turn, each round beginning with another side. */
export function comparisonRows({ old, new: current }: Pair, processes: number): Row[] {
  const versus = (id: string, title: string, contestant: (name: string, build: Build) => Contestant): Row => {
    const side = (name: (typeof SIDES)[number]) => {
      const build = name === 'new' ? current : old;
      return several(Array.from({ length: processes }, () => contestant(name, build)));
    };
    return interleavedRow({ id, title, contestants: SIDES.map(side), bars: [] });
  };
  const http = (id: string): Row => {
    const workload = profileOf(id);
    return versus(id, workload.title, (name, build) => overHttp(name, build, workload));
  };
  return [
    http('W1'),
    versus('W1-c1', 'mlp-16x10, one row JSON, 1 connection', (name, build) =>
      overHttp(name, build, onOneConnection(profileOf('W1'))),
    ),
    http('W2'),
    http('W2-binary'),
    http('W3'),
    versus('grpc-W1', `ModelInfer, mlp-16x10, one row, ${IN_FLIGHT} in flight on one connection`, overGrpc),
    versus('cold-start', 'mlp-16x10, from exec to the first answer', (name, { entry }) => coldMillrace(name, entry)),
    versus(
      'memory',
      `Proportional set size after ${LIFETIME.requests.toLocaleString('en-US')} requests of W1`,
      (name, { entry }) => memoryAfter({ name, entry, lifetime: LIFETIME }),
    ),
  ];
}

/** Enough for V8 to have the heap that it will keep. */
const LIFETIME = { requests: 200_000, mostSeconds: 120 };

function profileOf(id: string): ProfiledWorkload {
  const workload = PROFILES[id]?.();
  if (workload === undefined) throw new Error(`no workload '${id}'`);
  return workload;
}

function onOneConnection({ plan, ...workload }: ProfiledWorkload): ProfiledWorkload {
  return { ...workload, plan: { ...plan, level: { kind: 'concurrency', concurrency: 1 } } };
}

function overHttp(name: string, { entry }: Build, { options, plan }: ProfiledWorkload): Contestant {
  return served({ name, start: () => startMillrace({ ...options, entry }), plan });
}

function overGrpc(name: string, { entry }: Build): Contestant {
  const message = messageOf(SMALL);
  return {
    name,
    peer: false,
    async open(settings) {
      const server = await startMillrace({ models: [{ name: MODEL, model: SMALL.model }], entry });
      const drive = (seconds: number) => loadUnary(grpcOf(server), message, { inFlight: IN_FLIGHT, seconds });
      return {
        warmUp: () => warmUp(drive, settings),
        measure: () => drive(settings.seconds),
        close: () => server.stop(),
      };
    },
  };
}
