/**
 * Time to decode and encode gRPC inference messages, beside the generic protobuf codec in the same run.
 * Usage: node bench/micro/grpc-codec.mjs
 */
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { compileSource } from '../../scripts/compile-source.mjs';

const { decodeModelInfer } = await import(await compileSource('protocols/oip/grpc/decode-infer'));
const { createInferEncoder } = await import(await compileSource('protocols/oip/grpc/encode-infer'));
const { grpcMessage } = await import(await compileSource('protocols/oip/grpc/schema'));

const VARIANTS = 64;
const WARM_UP_ROUNDS = 5;
const ROUNDS = 60;
const ROUND_MS = 5;
const OPTIONS = { maxInputs: 256 };
const REF = { name: 'mlp', version: 1, generation: 1 };
const REQUEST = grpcMessage('ModelInferRequest');
const RESPONSE = grpcMessage('ModelInferResponse');
const encoder = createInferEncoder();

/** Mean time of a call in µs; `run` gets another variant each time, so that nothing can be remembered. */
function round(run) {
  const start = performance.now();
  let count = 0;
  let now = start;
  for (; now - start < ROUND_MS; now = performance.now()) {
    for (let variant = 0; variant < VARIANTS; variant++) run(variant);
    count += VARIANTS;
  }
  return ((now - start) / count) * 1_000;
}

/** Prints the best round of both, which take turns. */
function row(name, own, control) {
  for (let warmUp = 0; warmUp < WARM_UP_ROUNDS; warmUp++) [own, control].map(round);
  const best = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (let turn = 0; turn < ROUNDS; turn++) {
    [own, control].map(round).forEach((us, index) => {
      best[index] = Math.min(best[index], us);
    });
  }
  const [ownUs, controlUs] = best;
  const speedup = `${(controlUs / ownUs).toFixed(1)}×`;
  console.log(
    `${name.padEnd(46)} ${ownUs.toFixed(2).padStart(8)} ${controlUs.toFixed(2).padStart(10)} ${speedup.padStart(7)}`,
  );
}

const variants = (make) => Array.from({ length: VARIANTS }, (_, variant) => make(variant));
const floats = (count) => new Uint8Array(Float32Array.from({ length: count }, () => Math.random()).buffer);
const shapeOf = (shape) => shape.map(BigInt);

/** Requests of one input: raw, or in a field of `contents`. */
function requests(shape, { field, values }) {
  return variants((variant) => {
    const input = { name: 'x', datatype: field === 'intContents' ? 'INT32' : 'FP32', shape: shapeOf(shape) };
    const content =
      field === undefined
        ? { inputs: [input], rawInputContents: [values()] }
        : { inputs: [{ ...input, contents: create(grpcMessage('InferTensorContents'), { [field]: values() }) }] };
    return toBinary(REQUEST, create(REQUEST, { modelName: 'mlp', id: `request-${variant}`, ...content }));
  });
}

function decodeRow(name, shape, content) {
  const messages = requests(shape, content);
  row(
    `decode ${name}, ${messages[0].length} B`,
    (variant) => decodeModelInfer(messages[variant], OPTIONS),
    (variant) => fromBinary(REQUEST, messages[variant]),
  );
}

function encodeRow(name, shape) {
  const count = shape.reduce((product, dimension) => product * dimension, 1);
  const answers = variants((variant) => ({
    ref: REF,
    id: `request-${variant}`,
    outputs: [{ name: 'y', datatype: 'FP32', shape, data: floats(count) }],
    parameters: {},
  }));
  const control = ({ id, outputs }) =>
    create(RESPONSE, {
      modelName: 'mlp',
      modelVersion: '1',
      id,
      outputs: outputs.map(({ name: output, datatype }) => ({ name: output, datatype, shape: shapeOf(shape) })),
      rawOutputContents: outputs.map(({ data }) => data),
    });
  row(
    `encode ${name}`,
    (variant) => encoder.response(answers[variant]),
    (variant) => toBinary(RESPONSE, control(answers[variant])),
  );
}

console.log(`node ${process.version}; µs a call`);
console.log(`${''.padEnd(46)} ${'own'.padStart(8)} ${'generic'.padStart(10)}`);
decodeRow('W1 raw', [1, 16], { values: () => floats(16) });
decodeRow('W1 fp32_contents', [1, 16], { field: 'fp32Contents', values: () => [...new Float32Array(16).fill(0.5)] });
decodeRow('W2 raw', [1, 784], { values: () => floats(784) });
decodeRow('784 integers in int_contents', [1, 784], {
  field: 'intContents',
  values: () => Array.from({ length: 784 }, () => Math.round((Math.random() - 0.5) * 1e5)),
});
decodeRow('W3 raw', [1, 3, 224, 224], { values: () => floats(3 * 224 * 224) });
encodeRow('W1: 10 floats', [1, 10]);
encodeRow('1000 floats', [1, 1_000]);
encodeRow('W3: 150,528 floats', [1, 3, 224, 224]);
