/**
 * Time to decode and encode gRPC inference messages: by our codec, by code like it over protobuf-es' reader and writer of wire
 * types, and by its generic codec, in turn; then what a message costs that is made of nothing but empty inputs
 * (docs/decisions/0015). Usage: node --expose-gc bench/micro/grpc-codec.mjs
 */
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { compileSource } from '../../scripts/compile-source.mjs';
import { bestOf, VARIANTS } from './best-of.mjs';

const { decodeModelInfer } = await import(await compileSource('protocols/oip/grpc/decode-infer'));
const { createInferEncoder } = await import(await compileSource('protocols/oip/grpc/encode-infer'));
const { MESSAGES } = await import(await compileSource('protocols/oip/grpc/schema'));

const OPTIONS = { maxInputs: 256 };
const REF = { name: 'mlp', version: 1, generation: 1 };
const REQUEST = MESSAGES.named('ModelInferRequest');
const RESPONSE = MESSAGES.named('ModelInferResponse');
const encoder = createInferEncoder();

/** Prints the time of each; undefined = there is none of that kind. */
function row(name, ...kinds) {
  const present = kinds.filter((run) => run !== undefined);
  const best = new Map(bestOf(present).map((us, index) => [present[index], us]));
  console.log(name.padEnd(46) + kinds.map((run) => (best.get(run)?.toFixed(2) ?? '').padStart(10)).join(''));
}

/** A request of raw contents, read by the library field by field. */
function decodeByReader(message) {
  const reader = new BinaryReader(message);
  const request = { modelName: '', id: '', inputs: [], raw: [] };
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag();
    if (field === 1) request.modelName = reader.string();
    else if (field === 3) request.id = reader.string();
    else if (field === 5) request.inputs.push(inputByReader(reader));
    else if (field === 7) request.raw.push(reader.bytes());
    else reader.skip(type, field);
  }
  return request;
}

function inputByReader(reader) {
  const end = reader.uint32() + reader.pos;
  const input = { name: '', datatype: '', shape: [] };
  while (reader.pos < end) {
    const [field, type] = reader.tag();
    if (field === 1) input.name = reader.string();
    else if (field === 2) input.datatype = reader.string();
    else if (field === 3 && type === WireType.LengthDelimited) {
      const shapeEnd = reader.uint32() + reader.pos;
      while (reader.pos < shapeEnd) input.shape.push(Number(reader.int64()));
    } else reader.skip(type, field);
  }
  return input;
}

function encodeByWriter({ id, outputs }) {
  const writer = new BinaryWriter();
  const field = (number) => writer.tag(number, WireType.LengthDelimited);
  field(1).string('mlp');
  field(2).string('1');
  field(3).string(id);
  for (const { name, datatype, shape } of outputs) {
    field(5).fork();
    field(1).string(name);
    field(2).string(datatype);
    field(3).fork();
    for (const size of shape) writer.int64(size);
    writer.join().join();
  }
  for (const { data } of outputs) field(6).bytes(data);
  return writer.finish();
}

/** Prints what it costs to decode, or to refuse, a message of empty inputs, two bytes each. */
function hostile(megabytes) {
  const message = Buffer.alloc(megabytes * 2 ** 20);
  for (let at = 0; at < message.length; at += 2) message[at] = 5 * 8 + WireType.LengthDelimited;
  for (const [kind, run] of [
    ['own', () => decodeModelInfer(message, OPTIONS)],
    ['generic', () => fromBinary(REQUEST, message, { readUnknownFields: false })],
  ]) {
    globalThis.gc?.();
    const before = process.memoryUsage().heapUsed;
    const start = performance.now();
    let outcome = 'decoded';
    try {
      run();
    } catch (error) {
      outcome = `refused: ${error.message}`;
    }
    const elapsedMs = performance.now() - start;
    const grownMb = Math.max(0, (process.memoryUsage().heapUsed - before) / 2 ** 20);
    console.log(
      `${megabytes} MiB of empty inputs, ${kind}: ${elapsedMs.toFixed(1)} ms, ${grownMb.toFixed(0)} MB; ${outcome}`,
    );
  }
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
        : { inputs: [{ ...input, contents: create(MESSAGES.named('InferTensorContents'), { [field]: values() }) }] };
    return toBinary(REQUEST, create(REQUEST, { modelName: 'mlp', id: `request-${variant}`, ...content }));
  });
}

function decodeRow(name, shape, content) {
  const messages = requests(shape, content);
  row(
    `decode ${name}, ${messages[0].length} B`,
    (variant) => decodeModelInfer(messages[variant], OPTIONS),
    content.field === undefined ? (variant) => decodeByReader(messages[variant]) : undefined,
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
    (variant) => encodeByWriter(answers[variant]),
    (variant) => toBinary(RESPONSE, control(answers[variant])),
  );
}

console.log(`node ${process.version}; µs a call`);
console.log(''.padEnd(46) + ['own', 'over wire', 'generic'].map((kind) => kind.padStart(10)).join(''));
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
hostile(8);
