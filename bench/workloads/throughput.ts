import { differenceUsBar, ratioBar } from '../harness/bars.js';
import { rawOnnx } from '../harness/contestants.js';
import { MODELS } from '../harness/models.js';
import { createRows } from '../harness/requests.js';
import { interleavedRow } from '../harness/rounds.js';
import type { Row } from '../harness/row.js';
import { fastapi, mosec, triton } from '../peers/index.js';
import { echo, INLINE, millrace, peer, type Workload } from './contestants.js';

function clients(concurrency: number): Workload['level'] {
  return { kind: 'concurrency', concurrency };
}

/** The rows of the table that press a model as hard as a number of connections can. */
export function throughputRows(): Row[] {
  return [
    smallJson(),
    oneConnection(),
    largeJson(32),
    largeJson(128),
    largeBinary(),
    batches(),
    images(),
    twoInstances(),
  ];
}

function smallJson(): Row {
  const workload: Workload = {
    model: MODELS.mlp16,
    rows: createRows(MODELS.mlp16, 1),
    format: 'json',
    level: clients(32),
  };
  const metric = 'requestsPerSecond';
  return interleavedRow({
    id: 'W1',
    title: 'mlp-16x10, one row JSON, 32 connections',
    contestants: [
      echo(workload),
      millrace(workload),
      millrace(workload, INLINE),
      peer(workload, mosec, 1),
      peer(workload, triton, 1),
    ],
    bars: [
      ratioBar({ metric, who: 'millrace', against: 'echo', atLeast: 0.5 }),
      ratioBar({ metric, who: 'millrace inline', against: 'echo', atLeast: 0.62 }),
      ratioBar({ metric, who: 'millrace', against: 'mosec ×1', atLeast: 1.3 }),
    ],
  });
}

function oneConnection(): Row {
  const workload: Workload = {
    model: MODELS.mlp16,
    rows: createRows(MODELS.mlp16, 1),
    format: 'json',
    level: clients(1),
  };
  const metric = 'p50Ms';
  return interleavedRow({
    id: 'W1-c1',
    title: 'mlp-16x10, one row JSON, 1 connection',
    contestants: [
      echo(workload),
      millrace(workload),
      millrace(workload, INLINE),
      peer(workload, mosec, 1),
      peer(workload, fastapi, 1),
      peer(workload, triton, 1),
    ],
    bars: [
      differenceUsBar({ metric, who: 'millrace', against: 'echo', atMost: 90 }),
      differenceUsBar({ metric, who: 'millrace inline', against: 'echo', atMost: 40 }),
    ],
  });
}

function largeJson(connections: number): Row {
  const { mlp784: model } = MODELS;
  const workload: Workload = { model, rows: createRows(model, 1), format: 'json', level: clients(connections) };
  const metric = 'requestsPerSecond';
  return interleavedRow({
    id: `W2-c${connections}`,
    title: `mlp-784x10, one row JSON, ${connections} connections`,
    contestants: [echo(workload), millrace(workload), peer(workload, mosec, 2), peer(workload, triton, 1)],
    bars: [
      ratioBar({ metric, who: 'millrace', against: 'echo', atLeast: 0.28 }),
      ratioBar({ metric, who: 'millrace', against: 'mosec ×2', atLeast: 1 }),
    ],
  });
}

function largeBinary(): Row {
  const { mlp784: model } = MODELS;
  const workload: Workload = { model, rows: createRows(model, 1), format: 'binary', level: clients(32) };
  return interleavedRow({
    id: 'W2-binary',
    title: 'mlp-784x10, one row binary, 32 connections',
    contestants: [echo(workload), millrace(workload), peer(workload, triton, 1)],
    bars: [ratioBar({ metric: 'requestsPerSecond', who: 'millrace', against: 'echo', atLeast: 0.42 })],
  });
}

function batches(): Row {
  const { mlp784: model } = MODELS;
  const workload: Workload = { model, rows: createRows(model, 32), format: 'binary', level: clients(4) };
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

const IMAGE: Workload = {
  model: MODELS.mobilenet,
  rows: createRows(MODELS.mobilenet, 1),
  format: 'binary',
  level: clients(8),
};

function images(): Row {
  return interleavedRow({
    id: 'W3',
    title: 'MobileNetV3, 602 KB binary, 8 connections, 1 instance',
    contestants: [rawOnnx('onnx', IMAGE.model, IMAGE.rows), millrace(IMAGE), peer(IMAGE, fastapi, 1)],
    bars: [ratioBar({ metric: 'rowsPerSecond', who: 'millrace', against: 'onnx', atLeast: 0.9 })],
  });
}

function twoInstances(): Row {
  const two = { name: 'millrace', yaml: ['instances: {count: 2}'] };
  return interleavedRow({
    id: 'W3-2',
    title: 'MobileNetV3, 602 KB binary, 8 connections, 2 instances',
    contestants: [rawOnnx('onnx', IMAGE.model, IMAGE.rows), millrace(IMAGE, two), peer(IMAGE, fastapi, 2)],
    bars: [
      ratioBar({ metric: 'rowsPerSecond', who: 'millrace', against: 'fastapi ×2', atLeast: 1 }),
      ratioBar({ metric: 'rowsPerCpuSecond', who: 'millrace', against: 'onnx', atLeast: 0.85 }),
    ],
  });
}
