/**
 * Time to decode and encode inference requests, beside JSON.parse and JSON.stringify in the same run.
 * Usage: node bench/micro/codec.mjs
 */
import { compileSource } from '../../scripts/compile-source.mjs';
import { bestOf, VARIANTS } from './best-of.mjs';

const { decodeInfer } = await import(await compileSource('protocols/oip/decode-infer'));
const { createInferEncoder } = await import(await compileSource('protocols/oip/encode-infer'));

const OPTIONS = { maxInputs: 256, signatureOf: () => ({ inputs: [], outputs: [] }) };
const REF = { name: 'mlp', version: 1, generation: 1 };
const encode = createInferEncoder();

/** Prints the time of both. */
function row(name, own, control) {
  const [ownUs, controlUs] = bestOf([own, control]);
  const speedup = `${(controlUs / ownUs).toFixed(1)}×`;
  console.log(
    `${name.padEnd(46)} ${ownUs.toFixed(2).padStart(8)} ${controlUs.toFixed(2).padStart(10)} ${speedup.padStart(7)}`,
  );
}

const variants = (make) => Array.from({ length: VARIANTS }, make);
const numbers = (count, make) => Array.from({ length: count }, make);

function decodeRow(name, { datatype, count, make, from }) {
  const bodies = variants(() => {
    const data = numbers(count, make).join(', ');
    return Buffer.from(
      `{"inputs": [{"name": "x", "datatype": "${datatype}", "shape": [1, ${count}], "data": [${data}]}]}`,
    );
  });
  const wires = bodies.map((body) => ({ method: 'POST', url: '/v2/models/mlp/infer', headers: {}, body }));
  row(
    `decode ${name}, ${bodies[0].length} B`,
    (variant) => decodeInfer(wires[variant], OPTIONS),
    (variant) => from(JSON.parse(bodies[variant].toString()).inputs[0].data),
  );
}

function encodeRow(name, { datatype, arrays }) {
  const shape = [1, arrays[0].length];
  const outputs = (data) => [{ name: 'y', datatype, shape, data: new Uint8Array(data.buffer) }];
  const responses = arrays.map((data) => ({ ref: REF, id: '', outputs: outputs(data), parameters: {} }));
  row(
    `encode ${name}`,
    (variant) => encode(responses[variant], new Set()),
    (variant) => {
      const data = Array.from(arrays[variant], datatype === 'INT64' ? Number : undefined);
      return JSON.stringify({ model_name: 'mlp', model_version: '1', outputs: [{ name: 'y', datatype, shape, data }] });
    },
  );
}

const random = () => Math.random() * 2 - 1;
const toFloats = (data) => Float32Array.from(data);
console.log(`node ${process.version}; µs a call`);
console.log(`${''.padEnd(46)} ${'own'.padStart(8)} ${'JSON'.padStart(10)}`);
decodeRow('W1: 16 floats, 2 decimals', {
  datatype: 'FP32',
  count: 16,
  make: () => random().toFixed(2),
  from: toFloats,
});
decodeRow('W2: 784 floats, 4 decimals', {
  datatype: 'FP32',
  count: 784,
  make: () => random().toFixed(4),
  from: toFloats,
});
decodeRow('784 floats, 17 digits', {
  datatype: 'FP32',
  count: 784,
  make: () => String(Math.fround(random())),
  from: toFloats,
});
decodeRow('784 doubles, 17 digits', {
  datatype: 'FP64',
  count: 784,
  make: () => String(random()),
  from: (data) => Float64Array.from(data),
});
decodeRow('784 integers', {
  datatype: 'INT32',
  count: 784,
  make: () => Math.round(random() * 1e5),
  from: (data) => Int32Array.from(data),
});
decodeRow('128 token ids', {
  datatype: 'INT64',
  count: 128,
  make: () => Math.round(Math.random() * 3e4),
  from: (data) => BigInt64Array.from(data, BigInt),
});
decodeRow('16 strings', {
  datatype: 'BYTES',
  count: 16,
  make: () => JSON.stringify(`text ${random()}`),
  from: (data) => data.map((text) => Buffer.from(text)),
});
encodeRow('W1: 10 floats', { datatype: 'FP32', arrays: variants(() => Float32Array.from(numbers(10, random))) });
encodeRow('1000 floats', { datatype: 'FP32', arrays: variants(() => Float32Array.from(numbers(1_000, random))) });
encodeRow('1000 doubles', { datatype: 'FP64', arrays: variants(() => Float64Array.from(numbers(1_000, random))) });
encodeRow('1000 integers', {
  datatype: 'INT64',
  arrays: variants(() => BigInt64Array.from(numbers(1_000, () => BigInt(Math.round(random() * 1e6))))),
});
