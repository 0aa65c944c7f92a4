import { bytesOf, type Tensor } from '../../../src/core/index.js';
import { ratioBar } from '../../harness/bars.js';
import { loadSequences } from '../../harness/grpc/streams.js';
import { applyLoad } from '../../harness/load.js';
import { MODELS } from '../../harness/models.js';
import { inRoot } from '../../harness/paths.js';
import { createRows, oipRequest } from '../../harness/requests.js';
import { interleavedRow } from '../../harness/rounds.js';
import type { BenchSettings, Contestant, Row } from '../../harness/row.js';
import type { RunningServer } from '../../harness/server-process.js';
import {
  binaryRequest,
  driven,
  GRPC_WARM_UP_SECONDS,
  grpcOf,
  MODEL,
  startModel,
  startTritonModel,
} from './contestants.js';

const metric = 'requestsPerSecond';

/** The same request over and over, answered from the cache and not. */
export function cacheRow(): Row {
  const { mlp784: model } = MODELS;
  const rows = createRows(model, 1);
  const plan = {
    request: oipRequest(rows, { model: MODEL, input: model.input, format: 'json' }),
    level: { kind: 'concurrency', concurrency: 32 },
    rowsPerRequest: 1,
  } as const;
  const contestant = (name: string, yaml?: readonly string[]): Contestant =>
    driven({
      name,
      start: startModel({ models: [{ name: MODEL, model, ...(yaml === undefined ? {} : { yaml }) }] }),
      drive: (server, seconds, { generator }) => applyLoad(server, plan, { seconds, generator }),
    });
  return interleavedRow({
    id: 'cache',
    title: 'mlp-784x10, one row JSON, 32 connections, response cache hits',
    contestants: [contestant('uncached'), contestant('cached', ['responseCache: {enabled: true}'])],
    bars: [ratioBar({ metric, who: 'cached', against: 'uncached', atLeast: 2 })],
  });
}

const ADD_ONE = `
import { defineModel } from 'millrace/model';

export default defineModel({
  inputs: { x: { datatype: 'FP32', shape: [-1, 16] } },
  outputs: { y: { datatype: 'FP32', shape: [-1, 16] } },
  maxBatchSize: 64,
  infer({ inputs }) {
    const y = new Float32Array(inputs.x.data.length);
    for (let index = 0; index < y.length; index++) y[index] = (inputs.x.data[index] ?? 0) + 1;
    return { y: { data: y, shape: inputs.x.shape } };
  },
});
`;

/** The same tensors as the script's, for a model that only sends them back. */
const ECHO = [
  'runtime: echo',
  'maxBatchSize: 64',
  'inputs: [{name: x, datatype: FP32, shape: [-1, 16]}]',
  'outputs: [{name: y, datatype: FP32, shape: [-1, 16]}]',
];

/** A model in TypeScript beside the echo runtime and beside Triton's Python backend. */
export function scriptRow(): Row {
  const model = { ...MODELS.mlp16, outputWidth: 16 };
  const subject = { model, rows: createRows(model, 1) };
  const plan = {
    request: oipRequest(subject.rows, { model: MODEL, input: model.input, format: 'json' }),
    level: { kind: 'concurrency', concurrency: 32 },
    rowsPerRequest: 1,
  } as const;
  const drive = (server: RunningServer, seconds: number, { generator }: BenchSettings) =>
    applyLoad(server, plan, { seconds, generator });
  return interleavedRow({
    id: 'script',
    title: 'a script that adds 1 to 16 floats, one row JSON, 32 connections',
    contestants: [
      driven({ name: 'echo', start: startModel({ models: [{ name: MODEL, yaml: ECHO }] }), drive }),
      driven({ name: 'script', start: startModel({ models: [{ name: MODEL, script: ADD_ONE }] }), drive }),
      driven({
        name: 'triton python',
        peer: true,
        start: startTritonModel({ model, program: 'add-one.py', probe: binaryRequest(subject) }),
        drive,
      }),
    ],
    bars: [
      ratioBar({ metric, who: 'script', against: 'echo', atLeast: 0.9 }),
      ratioBar({ metric, who: 'script', against: 'triton python', atLeast: 1 }),
    ],
  });
}

const SEQUENCES = 200;
/** 64 samples of the window before, and 512 new ones. */
const STEP_SAMPLES = 576;
const SAMPLING_RATE: Tensor = {
  name: 'sr',
  datatype: 'INT64',
  shape: [],
  data: bytesOf(BigInt64Array.of(16_000n)),
};

/** Silero VAD as a stateful model, with its steps put together across sequences and one by one. */
export function sequencesRow(): Row {
  const samples = Float32Array.from({ length: STEP_SAMPLES }, (_, index) => Math.sin(index / 9) * 0.3);
  const steps = { shape: [1, STEP_SAMPLES], bytes: new Uint8Array(samples.buffer) };
  const contestant = (name: string, maxBatchSize: number): Contestant =>
    driven({
      name,
      start: startModel({ models: [{ name: MODEL, model: { file: SILERO }, yaml: sileroYaml(maxBatchSize) }] }),
      warmUpSeconds: GRPC_WARM_UP_SECONDS,
      drive: (server, seconds) =>
        loadSequences(grpcOf(server), steps, {
          sequences: SEQUENCES,
          seconds,
          options: { model: MODEL, input: 'input', others: [SAMPLING_RATE] },
        }),
    });
  return interleavedRow({
    id: 'sequences',
    title: `Silero VAD, ${SEQUENCES} sequences at a time over one stream`,
    contestants: [contestant('one step at a time', 1), contestant('batched', 64)],
    bars: [ratioBar({ metric, who: 'batched', against: 'one step at a time', atLeast: 2.5 })],
  });
}

const SILERO = inRoot('examples/models/silero-vad/1/model.onnx');

function sileroYaml(maxBatchSize: number): readonly string[] {
  return [
    `maxBatchSize: ${maxBatchSize}`,
    'inputs: [{name: input, datatype: FP32, shape: [-1, -1]}, {name: sr, datatype: INT64, shape: []}]',
    'outputs: [{name: output, datatype: FP32, shape: [-1, 1]}]',
    'sequenceBatching:',
    '  maxIdleMs: 60000',
    '  states: [{input: state, output: stateN, datatype: FP32, shape: [2, 1, 128], batchAxis: 1}]',
  ];
}
