import { setTimeout as sleep } from 'node:timers/promises';
import { valueBar } from '../harness/bars.js';
import { runOnnx } from '../harness/contestants.js';
import { MODELS } from '../harness/models.js';
import { treeRunMs } from '../harness/proc.js';
import { createRows, oipRequest } from '../harness/requests.js';
import { interleavedRow } from '../harness/rounds.js';
import type { Contestant, Row } from '../harness/row.js';
import type { Sample } from '../harness/sample.js';
import type { RunningServer } from '../harness/server-process.js';
import { startMillrace } from '../harness/servers.js';
import { verifyAnswer } from '../harness/verify.js';
import { fastapi, mosec, type Peer, startPeer } from '../peers/index.js';
import { INLINE, type MillraceVariant, PROCESS } from './contestants.js';

/** Some timers of a server fire every few seconds. */
const LEAST_SECONDS = 5;
const { mlp16: MODEL } = MODELS;
const ROWS = createRows(MODEL, 1);

/** Processor time of a server with one loaded model and no requests. */
export function idleRow(): Row {
  return interleavedRow({
    id: 'idle',
    title: `mlp-16x10, loaded and not asked for ${LEAST_SECONDS} s or more`,
    contestants: [idleMillrace(PROCESS), idleMillrace(INLINE), idlePeer(mosec), idlePeer(fastapi)],
    bars: [
      valueBar({ metric: 'idleCpuMsPerSecond', who: PROCESS.name }),
      valueBar({ metric: 'idleCpuMsPerSecond', who: INLINE.name }),
      valueBar({ metric: 'idleCpuMsPerSecond', who: mosec.name }),
    ],
  });
}

type Start = () => Promise<RunningServer>;
type Request = Parameters<typeof verifyAnswer>[1];

function idleMillrace({ name, yaml }: MillraceVariant): Contestant {
  const entry = { name: 'm', model: MODEL, ...(yaml === undefined ? {} : { yaml }) };
  const request = oipRequest(ROWS, { model: 'm', input: MODEL.input, format: 'json' });
  return idle(name, () => startMillrace({ models: [entry] }), request);
}

function idlePeer(peer: Peer): Contestant {
  const options = { model: MODEL, workers: 1, format: 'json' } as const;
  const request = peer.request(ROWS, options);
  return { ...idle(peer.name, () => startPeer(peer, options, request), request), peer: true };
}

function idle(name: string, start: Start, request: Request): Contestant {
  return {
    name,
    peer: false,
    async open(settings) {
      const server = await start();
      const lasting = settings.trial ? settings.seconds : Math.max(LEAST_SECONDS, settings.seconds);
      return {
        async warmUp() {
          await verifyAnswer(server.url, request, (await runOnnx(MODEL, ROWS, 0)).outputs);
          // What a start and a first answer leave to be done is not idling.
          await restOf(server, lasting);
        },
        measure: () => restOf(server, lasting),
        close: () => server.stop(),
      };
    },
  };
}

async function restOf({ pid }: RunningServer, seconds: number): Promise<Sample> {
  const before = treeRunMs(pid);
  const startedAt = performance.now();
  await sleep(seconds * 1000);
  const runMs = treeRunMs(pid) - before;
  return { idleCpuMsPerSecond: (runMs * 1000) / (performance.now() - startedAt) };
}
