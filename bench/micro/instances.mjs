/**
 * Time to decode and encode the same rows in TensorFlow Serving's protocol, beside the Open Inference Protocol in the same run.
 * Usage: node bench/micro/instances.mjs
 */
import { compileSource } from '../../scripts/compile-source.mjs';
import { bestOf, VARIANTS } from './best-of.mjs';

const { decodeInfer } = await import(await compileSource('protocols/oip/decode-infer'));
const { createInferEncoder } = await import(await compileSource('protocols/oip/encode-infer'));
const { decodeInstances } = await import(await compileSource('protocols/shared/instances/decode'));
const { createInstancesEncoder } = await import(await compileSource('protocols/shared/instances/encode'));
const { decodeModelInfer } = await import(await compileSource('protocols/oip/grpc/decode-infer'));
const { createInferEncoder: createGrpcEncoder } = await import(await compileSource('protocols/oip/grpc/encode-infer'));
const { MESSAGES: OIP } = await import(await compileSource('protocols/oip/grpc/schema'));
const { decodePredict } = await import(await compileSource('protocols/tfs/grpc/decode-predict'));
const { createPredictEncoder } = await import(await compileSource('protocols/tfs/grpc/encode-predict'));
const { MESSAGES: TFS } = await import(await compileSource('protocols/tfs/grpc/schema'));

const REF = { name: 'mlp', version: 1, generation: 1 };
const NO_NAMES = new Set();
const encodeOip = createInferEncoder();
// Nothing here is large enough for turns.
const encodeInstances = createInstancesEncoder(undefined);
const encodeModelInfer = createGrpcEncoder();
const encodePredict = createPredictEncoder();

const variants = (make) => Array.from({ length: VARIANTS }, make);
const nested = (rows, width) =>
  Array.from({ length: rows }, () => Array.from({ length: width }, () => Number((Math.random() * 2 - 1).toFixed(4))));

function row(name, own, control) {
  const [ownUs, controlUs] = bestOf([own, control]);
  const ratio = (controlUs / ownUs).toFixed(2);
  console.log(
    `${name.padEnd(40)} ${ownUs.toFixed(2).padStart(8)} ${controlUs.toFixed(2).padStart(8)} ${ratio.padStart(6)}`,
  );
}

function rows(name, count, width) {
  const values = variants(() => nested(count, width));
  const signature = {
    inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, width], batchAxis: 0, optional: false }],
    outputs: [],
  };
  const options = { signature, members: ['signature_name'] };
  const plain = values.map((rows) => Buffer.from(JSON.stringify({ instances: rows })));
  const named = values.map((rows) => Buffer.from(JSON.stringify({ instances: rows.map((x) => ({ x })) })));
  const wires = values.map((rows) => {
    const input = { name: 'x', shape: [count, width], datatype: 'FP32', data: rows.flat() };
    return { method: 'POST', url: '', headers: {}, body: Buffer.from(JSON.stringify({ inputs: [input] })) };
  });
  const oipOptions = { maxInputs: 256, signatureOf: () => signature };
  const byOip = (variant) => decodeInfer(wires[variant], oipOptions);
  row(`decode ${name}`, (variant) => decodeInstances(plain[variant], options), byOip);
  row(`decode ${name}, named`, (variant) => decodeInstances(named[variant], options), byOip);
  const responses = values.map((rows) => {
    const data = new Uint8Array(Float32Array.from(rows.flat()).buffer);
    return {
      ref: REF,
      id: '',
      parameters: {},
      outputs: [{ name: 'y', datatype: 'FP32', shape: [count, width], data }],
    };
  });
  row(
    `encode ${name}`,
    (variant) => encodeInstances({ format: 'row', outputs: responses[variant].outputs }),
    (variant) => encodeOip(responses[variant], NO_NAMES),
  );
  const raw = values.map((rows) => Buffer.from(Float32Array.from(rows.flat()).buffer).toString('base64'));
  const dims = [count, width].map((size) => ({ size: String(size) }));
  const predicts = raw.map((tensor_content) => {
    const x = { dtype: 'DT_FLOAT', tensor_shape: { dim: dims }, tensor_content };
    return Buffer.concat([...TFS.encodeFromJson('PredictRequest', { model_spec: { name: 'mlp' }, inputs: { x } })]);
  });
  const infers = raw.map((content) => {
    const inputs = [{ name: 'x', datatype: 'FP32', shape: dims.map(({ size }) => size) }];
    const request = { model_name: 'mlp', inputs, raw_input_contents: [content] };
    return Buffer.concat([...OIP.encodeFromJson('ModelInferRequest', request)]);
  });
  row(
    `decode gRPC ${name}`,
    (v) => decodePredict(predicts[v], oipOptions),
    (v) => decodeModelInfer(infers[v], oipOptions),
  );
  row(
    `encode gRPC ${name}`,
    (v) => encodePredict(responses[v]),
    (v) => encodeModelInfer.response(responses[v]),
  );
}

console.log(`node ${process.version}; µs a call${'own'.padStart(21)} ${'oip'.padStart(8)}`);
rows('1 × 16', 1, 16);
rows('1 × 784', 1, 784);
rows('32 × 16', 32, 16);
