import { ratioBar } from '../harness/bars.js';
import { rawOnnx } from '../harness/contestants.js';
import { MODELS } from '../harness/models.js';
import { createRows } from '../harness/requests.js';
import { interleavedRow } from '../harness/rounds.js';
import type { Row } from '../harness/row.js';
import { fastapi, mosec } from '../peers/index.js';
import { millrace, peer, type Workload } from './contestants.js';

const { mobilenet: model } = MODELS;

const IMAGE: Workload = {
  model,
  rows: createRows(model, 1),
  format: 'binary',
  level: { kind: 'concurrency', concurrency: 8 },
};

/** W3: images of 602 KB as bytes. A careful user has nothing to tune of the peers here: they read bytes as they are. */
export function imageRows(): Row[] {
  return [oneInstance(), twoInstances()];
}

function oneInstance(): Row {
  return interleavedRow({
    id: 'W3',
    title: 'MobileNetV3, 602 KB binary, 8 connections, 1 instance',
    contestants: [rawOnnx('onnx', model, IMAGE.rows), millrace(IMAGE), peer(IMAGE, fastapi, 1), peer(IMAGE, mosec, 1)],
    bars: [ratioBar({ metric: 'rowsPerSecond', who: 'millrace', against: 'onnx', atLeast: 0.9 })],
  });
}

function twoInstances(): Row {
  const two = { name: 'millrace', yaml: ['instances: {count: 2}'] };
  return interleavedRow({
    id: 'W3-2',
    title: 'MobileNetV3, 602 KB binary, 8 connections, 2 instances',
    contestants: [
      rawOnnx('onnx', model, IMAGE.rows),
      millrace(IMAGE, two),
      peer(IMAGE, fastapi, 2),
      peer(IMAGE, mosec, 2),
    ],
    bars: [
      ratioBar({ metric: 'rowsPerSecond', who: 'millrace', against: 'fastapi ×2', atLeast: 0.88 }),
      ratioBar({ metric: 'rowsPerCpuSecond', who: 'millrace', against: 'fastapi ×2', atLeast: 0.85 }),
    ],
  });
}
