import { differenceUsBar, ratioBar } from '../harness/bars.js';
import { MODELS } from '../harness/models.js';
import { createRows } from '../harness/requests.js';
import { interleavedRow } from '../harness/rounds.js';
import type { Row } from '../harness/row.js';
import { fastapi, fastapiTuned, mosec, mosecAlone, mosecTuned, triton } from '../peers/index.js';
import { echoes, INLINE, millrace, peer, type Workload } from './contestants.js';

/** W1: one row of 16 floats as JSON, by numbers of connections. What is measured is the server, not the model. */
export function smallJsonRows(): Row[] {
  return [usual(), oneConnection(), manyConnections(128), manyConnections(512)];
}

function w1(connections: number): Workload {
  const { mlp16: model } = MODELS;
  const level = { kind: 'concurrency', concurrency: connections } as const;
  return { model, rows: createRows(model, 1), format: 'json', level };
}

function usual(): Row {
  const workload = w1(32);
  const metric = 'requestsPerSecond';
  return interleavedRow({
    id: 'W1',
    title: 'mlp-16x10, one row JSON, 32 connections',
    contestants: [
      ...echoes(workload),
      millrace(workload),
      millrace(workload, INLINE),
      peer(workload, mosec, 1),
      peer(workload, mosecTuned, 1),
      peer(workload, fastapi, 2),
      peer(workload, fastapiTuned, 2),
      peer(workload, triton, 1),
    ],
    bars: [
      ratioBar({ metric, who: 'millrace', against: 'echo', atLeast: 0.68 }),
      ratioBar({ metric: 'cpuUsPerRequest', who: 'millrace', against: 'echo', atMost: 1.55 }),
      ratioBar({ metric, who: 'millrace inline', against: 'echo', atLeast: 0.75 }),
      ratioBar({ metric, who: 'millrace', against: 'mosec ×1', atLeast: 1.3 }),
      ratioBar({ metric, who: 'millrace', against: 'mosec tuned ×1', atLeast: 1.15 }),
    ],
  });
}

/** Where a machine is slow to wake a process, a round says more about the machine than about the server. */
const QUICK_TO_WAKE = { metric: 'p50Ms', who: 'echo', atMost: 0.06 } as const;

function oneConnection(): Row {
  const workload = w1(1);
  const metric = 'p50Ms';
  return interleavedRow({
    id: 'W1-c1',
    title: 'mlp-16x10, one row JSON, 1 connection',
    contestants: [
      ...echoes(workload),
      millrace(workload),
      millrace(workload, INLINE),
      peer(workload, mosecTuned, 1),
      peer(workload, mosecAlone, 1),
      peer(workload, fastapiTuned, 1),
      peer(workload, triton, 1),
    ],
    bars: [
      differenceUsBar({ metric, who: 'millrace', against: 'echo', atMost: 60, where: QUICK_TO_WAKE }),
      differenceUsBar({ metric, who: 'millrace inline', against: 'echo', atMost: 40, where: QUICK_TO_WAKE }),
      ratioBar({ metric, who: 'millrace', against: `${mosecAlone.name} ×1` }),
      ratioBar({ metric: 'cpuUsPerRequest', who: 'millrace', against: `${mosecAlone.name} ×1` }),
    ],
  });
}

function manyConnections(connections: number): Row {
  const workload = w1(connections);
  return interleavedRow({
    id: `W1-c${connections}`,
    title: `mlp-16x10, one row JSON, ${connections} connections`,
    contestants: [...echoes(workload), millrace(workload), peer(workload, mosecTuned, 1)],
    bars: [
      ratioBar({ metric: 'requestsPerSecond', who: 'millrace', against: 'mosec tuned ×1', atLeast: 1 }),
      ratioBar({ metric: 'p99Ms', who: 'millrace', against: 'echo', atMost: 1.5 }),
      ratioBar({ metric: 'p99Ms', who: 'millrace', against: 'mosec tuned ×1', atMost: 1 }),
    ],
  });
}
