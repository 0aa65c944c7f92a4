import { ratioBar } from '../harness/bars.js';
import { rawOnnx } from '../harness/contestants.js';
import { MODELS } from '../harness/models.js';
import { createRows } from '../harness/requests.js';
import { interleavedRow } from '../harness/rounds.js';
import type { Row } from '../harness/row.js';
import { fastapiTuned, mosec, mosecTuned, triton } from '../peers/index.js';
import { echoes, millrace, peer, type Workload } from './contestants.js';

/** W2: rows of 784 floats, one by one as JSON and as bytes, and 32 at a time. */
export function largeRows(): Row[] {
  return [
    json(32, { ofEcho: 0.34, ofMosecTuned: 1.5 }),
    json(128, { ofEcho: 0.42, ofMosecTuned: 1.1 }),
    binary(),
    batches(),
  ];
}

const { mlp784: model } = MODELS;

function w2(options: Pick<Workload, 'format'> & { readonly rows: number; readonly connections: number }): Workload {
  const level = { kind: 'concurrency', concurrency: options.connections } as const;
  return { model, rows: createRows(model, options.rows), format: options.format, level };
}

function json(connections: number, least: { readonly ofEcho: number; readonly ofMosecTuned: number }): Row {
  const workload = w2({ rows: 1, format: 'json', connections });
  const metric = 'requestsPerSecond';
  return interleavedRow({
    id: `W2-c${connections}`,
    title: `mlp-784x10, one row JSON, ${connections} connections`,
    contestants: [
      ...echoes(workload),
      millrace(workload),
      peer(workload, mosec, 2),
      peer(workload, mosecTuned, 2),
      peer(workload, fastapiTuned, 2),
      peer(workload, triton, 1),
    ],
    bars: [
      ratioBar({ metric, who: 'millrace', against: 'echo', atLeast: least.ofEcho }),
      ratioBar({ metric: 'cpuUsPerRequest', who: 'millrace', against: 'echo', atMost: 3.2 }),
      ratioBar({ metric, who: 'millrace', against: 'mosec ×2', atLeast: 1 }),
      ratioBar({ metric, who: 'millrace', against: 'mosec tuned ×2', atLeast: least.ofMosecTuned }),
    ],
  });
}

function binary(): Row {
  const workload = w2({ rows: 1, format: 'binary', connections: 32 });
  return interleavedRow({
    id: 'W2-binary',
    title: 'mlp-784x10, one row binary, 32 connections',
    contestants: [...echoes(workload), millrace(workload), peer(workload, mosecTuned, 2), peer(workload, triton, 1)],
    bars: [
      ratioBar({ metric: 'requestsPerSecond', who: 'millrace', against: 'echo', atLeast: 0.55 }),
      ratioBar({ metric: 'requestsPerSecond', who: 'millrace', against: 'mosec tuned ×2', atLeast: 1 }),
      ratioBar({ metric: 'cpuUsPerRequest', who: 'millrace', against: 'mosec tuned ×2' }),
    ],
  });
}

function batches(): Row {
  const workload = w2({ rows: 32, format: 'binary', connections: 4 });
  return interleavedRow({
    id: 'W2-batch',
    title: 'mlp-784x10, 32 rows a request, binary, 4 connections',
    contestants: [
      rawOnnx('onnx', model, workload.rows),
      millrace(workload),
      peer(workload, mosec, 1),
      peer(workload, mosec, 2),
      peer(workload, triton, 1),
    ],
    bars: [
      ratioBar({ metric: 'rowsPerCpuSecond', who: 'millrace', against: 'onnx', atLeast: 0.75 }),
      ratioBar({ metric: 'rowsPerSecond', who: 'millrace', against: 'mosec ×1', atLeast: 1 }),
      ratioBar({ metric: 'rowsPerSecond', who: 'millrace', against: 'mosec ×2', atLeast: 1 }),
      ratioBar({ metric: 'rowsPerSecond', who: 'millrace', against: 'triton ×1', atLeast: 1 }),
    ],
  });
}
