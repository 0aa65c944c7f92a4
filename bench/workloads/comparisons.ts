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
import { PROFILES } from './profiles.js';
import { grpcOf, MODEL, messageOf } from './protocols/contestants.js';

/** The builds that are compared: what was, and what is to take its place. */
export interface Pair {
  readonly old: Build;
  readonly new: Build;
}

const SIDES = ['old', 'new'] as const;
const SMALL = { model: MODELS.mlp16, rows: createRows(MODELS.mlp16, 1) };
const IN_FLIGHT = 32;

/** What `--compare` measures: the same workload of two builds, in turn, each round beginning with the other. */
export function comparisonRows(pair: Pair): Row[] {
  const http = (id: string): Row => {
    const workload = PROFILES[id]?.();
    if (workload === undefined) throw new Error(`no workload '${id}'`);
    return versus(id, workload.title, (side) => overHttp(side, pair[side], workload));
  };
  return [
    http('W1'),
    http('W2'),
    http('W2-binary'),
    http('W3'),
    versus('grpc-W1', `ModelInfer, mlp-16x10, one row, ${IN_FLIGHT} in flight on one connection`, (side) =>
      overGrpc(side, pair[side]),
    ),
  ];
}

function versus(id: string, title: string, contestant: (side: 'old' | 'new') => Contestant): Row {
  return interleavedRow({ id, title, contestants: SIDES.map(contestant), bars: [] });
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
