import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { protoBytes, protoJson } from '../../../../test/support/grpc-messages.js';
import {
  DATATYPES,
  type Datatype,
  ELEMENT_SIZE_BYTES,
  elementCount,
  type InferResponse,
  type ParameterScalar,
  packBytes,
  scalarParameters,
  type Tensor,
} from '../../../core/index.js';
import { decodeModelInfer } from './decode-infer.js';
import { createInferEncoder } from './encode-infer.js';

const OPTIONS = { maxInputs: 8 };
const encoder = createInferEncoder();
const text = fc.oneof(fc.string({ maxLength: 12 }), fc.string({ unit: 'grapheme', maxLength: 80 }));
const name = text.filter((value) => value !== '');
const shape = fc.array(fc.nat({ max: 5 }), { maxLength: 4 });
const MAX_INT64 = 2n ** 63n - 1n;

function rawData(datatype: Datatype, count: number): fc.Arbitrary<Uint8Array> {
  const size = { minLength: count, maxLength: count };
  if (datatype === 'BYTES') return fc.array(fc.uint8Array({ maxLength: 12 }), size).map(packBytes);
  if (datatype === 'BOOL') return fc.uint8Array({ ...size, max: 1 });
  const sizeBytes = count * ELEMENT_SIZE_BYTES[datatype];
  return fc.uint8Array({ minLength: sizeBytes, maxLength: sizeBytes });
}

const tensorOf = (datatypes: readonly Datatype[]) =>
  fc
    .record({ name, datatype: fc.constantFrom(...datatypes), shape })
    .chain((head) => rawData(head.datatype, elementCount(head.shape)).map((data): Tensor => ({ ...head, data })));
const tensors = (datatypes: readonly Datatype[]) =>
  fc.uniqueArray(tensorOf(datatypes), { selector: (tensor) => tensor.name, maxLength: 4 });

const parameterValue: fc.Arbitrary<ParameterScalar> = fc.oneof(
  fc.boolean(),
  text,
  fc.double({ noNaN: true, noDefaultInfinity: true }).filter((value) => !Number.isSafeInteger(value)),
  fc.maxSafeInteger(),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }).filter((value) => !Number.isSafeInteger(Number(value))),
);
const parameters = fc.dictionary(
  text.filter(
    (key) => key !== '__proto__' && !/^(?:triton_|sequence_|priority$|timeout$|binary_data_output$)/.test(key),
  ),
  parameterValue,
  { maxKeys: 4 },
);

/** A parameter as protobuf's JSON mapping has it. */
function parameterJson(value: ParameterScalar): object {
  if (typeof value === 'boolean') return { bool_param: value };
  if (typeof value === 'string') return { string_param: value };
  if (typeof value === 'number' && !Number.isSafeInteger(value)) return { double_param: value };
  return BigInt(value) > MAX_INT64 ? { uint64_param: String(value) } : { int64_param: String(value) };
}

const mapOf = (given: Readonly<Record<string, ParameterScalar>>) =>
  Object.fromEntries(Object.entries(given).map(([key, value]) => [key, parameterJson(value)]));

const base64 = (data: Uint8Array) => Buffer.from(data).toString('base64');

function headJson({ name: input, datatype, shape: dimensions }: Tensor) {
  return { name: input, datatype, shape: dimensions.map(String) };
}

/** Writes the elements of a tensor into its field of `contents`, packed or one by one, in two runs. */
function writeContents(writer: BinaryWriter, tensor: Tensor, { packed, split }: { packed: boolean; split: number }) {
  const elements = elementsOf(tensor);
  const cut = Math.floor(split * elements.length);
  for (const run of [elements.slice(0, cut), elements.slice(cut)]) {
    const [field, wireType, write] = fieldOf(tensor.datatype);
    if (packed && wireType !== WireType.LengthDelimited) {
      writer.tag(field, WireType.LengthDelimited).fork();
      for (const element of run) write(writer, element);
      writer.join();
    } else {
      for (const element of run) write(writer.tag(field, wireType), element);
    }
  }
}

/** Each element as its raw bytes. */
function elementsOf({ datatype, data }: Tensor): readonly Buffer[] {
  const elements: Buffer[] = [];
  const bytes = Buffer.from(data);
  for (let offset = 0; offset < bytes.length; ) {
    const start = datatype === 'BYTES' ? offset + 4 : offset;
    const size = datatype === 'BYTES' ? bytes.readUInt32LE(offset) : ELEMENT_SIZE_BYTES[datatype];
    elements.push(bytes.subarray(start, start + size));
    offset = start + size;
  }
  return elements;
}

type WriteElement = (writer: BinaryWriter, element: Buffer) => BinaryWriter;

function fieldOf(datatype: Datatype): readonly [field: number, wireType: WireType, write: WriteElement] {
  const size = ELEMENT_SIZE_BYTES[datatype];
  switch (datatype) {
    case 'BOOL':
      return [1, WireType.Varint, (writer, element) => writer.bool(element[0] === 1)];
    case 'INT64':
      return [3, WireType.Varint, (writer, element) => writer.int64(element.readBigInt64LE())];
    case 'UINT64':
      return [5, WireType.Varint, (writer, element) => writer.uint64(element.readBigUInt64LE())];
    case 'FP32':
      return [6, WireType.Bit32, (writer, element) => writer.raw(element)];
    case 'FP64':
      return [7, WireType.Bit64, (writer, element) => writer.raw(element)];
    case 'BYTES':
      return [8, WireType.LengthDelimited, (writer, element) => writer.bytes(element)];
    default:
      return datatype.startsWith('U')
        ? [4, WireType.Varint, (writer, element) => writer.uint32(element.readUIntLE(0, size))]
        : [2, WireType.Varint, (writer, element) => writer.int32(element.readIntLE(0, size))];
  }
}

const CONTENTS_TYPES = DATATYPES.filter((datatype) => datatype !== 'FP16' && datatype !== 'BF16');

describe('decodeModelInfer', () => {
  it('reads what the generic codec has written, tensors as views of the message', () => {
    const head = fc.record({ modelName: text, version: fc.integer({ min: 1 }), id: text });
    fc.assert(
      fc.property(head, parameters, tensors(DATATYPES), ({ modelName, version, id }, given, inputs) => {
        fc.pre(inputs.length > 0);
        const message = protoBytes('ModelInferRequest', {
          model_name: modelName,
          model_version: String(version),
          id,
          parameters: mapOf(given),
          inputs: inputs.map(headJson),
          raw_input_contents: inputs.map(({ data }) => base64(data)),
        });
        const { target, request } = decodeModelInfer(message, OPTIONS);
        expect(target).toEqual({ name: modelName, version });
        expect({ ...request, parameters: { ...request.parameters } }).toEqual({
          id,
          inputs,
          outputs: undefined,
          parameters: given,
          priority: 0,
          queueTimeoutMs: undefined,
          sequence: undefined,
        });
        for (const { data } of request.inputs) expect(data.buffer).toBe(message.buffer);
      }),
    );
  });

  it('reads typed contents, packed, unpacked and both, as the raw data', () => {
    const writing = fc.record({ packed: fc.boolean(), split: fc.double({ min: 0, max: 1, noNaN: true }) });
    fc.assert(
      fc.property(tensorOf(CONTENTS_TYPES), writing, (tensor, how) => {
        const contents = new BinaryWriter();
        writeContents(contents, tensor, how);
        const input = protoBytes('ModelInferRequest.InferInputTensor', headJson(tensor));
        const message = new BinaryWriter()
          .tag(5, WireType.LengthDelimited)
          .bytes(Buffer.concat([input, new BinaryWriter().tag(5, 2).bytes(contents.finish()).finish()]))
          .finish();
        const { inputs } = decodeModelInfer(message, OPTIONS).request;
        expect(inputs.map(({ data, ...rest }) => ({ ...rest, data: Buffer.from(data) }))).toEqual([
          { ...tensor, data: Buffer.from(tensor.data) },
        ]);
      }),
      { numRuns: 500 },
    );
  });

  it('passes over fields that it does not know', () => {
    const unknown = fc.record({
      field: fc.integer({ min: 9, max: 2 ** 29 - 1 }),
      wireType: fc.constantFrom(WireType.Varint, WireType.Bit64, WireType.LengthDelimited, WireType.Bit32),
    });
    const known = protoBytes('ModelInferRequest', { model_name: 'm', id: 'i' });
    fc.assert(
      fc.property(fc.array(unknown, { maxLength: 4 }), fc.uint8Array({ maxLength: 20 }), (fields, bytes) => {
        const writer = new BinaryWriter();
        for (const { field, wireType } of fields) {
          writer.tag(field, wireType);
          if (wireType === WireType.Varint) writer.uint64(2n ** 64n - 1n);
          else if (wireType === WireType.LengthDelimited) writer.bytes(bytes);
          else writer.raw(new Uint8Array(wireType === WireType.Bit64 ? 8 : 4));
        }
        const { target, request } = decodeModelInfer(Buffer.concat([writer.finish(), known, writer.finish()]), OPTIONS);
        expect([target.name, request.id]).toEqual(['m', 'i']);
      }),
    );
  });
});

describe('the encoder of answers', () => {
  const structured = fc.dictionary(
    text.filter((key) => key !== '__proto__'),
    fc.oneof(parameterValue, fc.array(parameterValue, { maxLength: 2 }), fc.constant({ a: [null, { b: 1n }] })),
    { maxKeys: 4 },
  );
  const response = fc
    .record({ id: text, modelName: text, outputs: tensors(DATATYPES), given: structured, large: fc.boolean() })
    .map(({ id, modelName, outputs, given, large }): InferResponse => {
      const data = Buffer.alloc(100_000, 7);
      const blob: Tensor = { name: 'large', datatype: 'UINT8', shape: [data.length], data };
      return {
        id,
        parameters: given,
        ref: { name: modelName, version: 3, generation: 1 },
        outputs: large ? [...outputs.slice(0, 1), blob, ...outputs.slice(1)] : outputs,
      };
    });
  const json = ({ id, ref, outputs, parameters: given }: InferResponse, final?: boolean) => ({
    model_name: ref.name,
    model_version: '3',
    id,
    parameters: {
      ...mapOf(scalarParameters(given)),
      ...(final === undefined ? {} : { triton_final_response: { bool_param: final } }),
    },
    outputs: outputs.map((output) => ({ ...headJson(output), parameters: {} })),
    raw_output_contents: outputs.map(({ data }) => base64(data)),
  });

  it('writes what the generic codec reads, and copies nothing large', () => {
    fc.assert(
      fc.property(response, (answer) => {
        const message = encoder.response(answer);
        expect(protoJson('ModelInferResponse', message)).toEqual(json(answer));
        for (const { data } of answer.outputs) if (data.length > 50_000) expect(message).toContain(data);
      }),
    );
  });

  it('writes it for streams', () => {
    fc.assert(
      fc.property(response, fc.boolean(), (answer, final) => {
        expect(protoJson('ModelStreamInferResponse', encoder.streamResponse(answer, final))).toEqual({
          error_message: '',
          infer_response: json(answer, final),
        });
      }),
    );
  });
});
