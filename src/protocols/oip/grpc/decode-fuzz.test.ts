import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { describe, expect, it } from 'vitest';
import { mutateProtobuf } from '../../../../test/fuzz/protobuf.js';
import { protoBytes } from '../../../../test/support/grpc-messages.js';
import { chooseSeed, Random } from '../../../../test/support/random.js';
import { MillraceError } from '../../../core/index.js';
import { checkSize } from '../decode-binary.js';
import { type DecodedModelInfer, decodeModelInfer, peekId } from './decode-infer.js';
import { MESSAGES } from './schema.js';

const ROUNDS = 3_000;
const SAMPLES = [
  {
    model_name: 'mlp',
    model_version: '1',
    id: 'r1',
    inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 4], contents: { fp32_contents: [1, 2.5, -3, 4] } }],
    parameters: {
      priority: { uint64_param: 2 },
      sequence_id: { string_param: 'abc' },
      sequence_start: { bool_param: true },
      a: { double_param: 0.5 },
      b: { int64_param: '-9223372036854775808' },
    },
  },
  {
    model_name: 'texts',
    inputs: [
      { name: 's', datatype: 'BYTES', shape: [2] },
      { name: 'i', datatype: 'INT64', shape: [1] },
      {
        name: 'm',
        datatype: 'FP32',
        shape: [4],
        parameters: { shared_memory_region: { string_param: 'r' }, shared_memory_byte_size: { int64_param: 16 } },
      },
    ],
    outputs: [{ name: 'y', parameters: { classification: { int64_param: 2 } } }, { name: 'z' }],
    raw_input_contents: ['AQAAAGEBAAAAYg==', 'AQAAAAAAAAA='],
  },
  {
    model_name: 'types',
    inputs: [
      { name: 'b', datatype: 'BOOL', shape: [3], contents: { bool_contents: [true, false, true] } },
      { name: 'i', datatype: 'INT8', shape: [3], contents: { int_contents: [-128, 0, 127] } },
      { name: 'u', datatype: 'UINT64', shape: [2], contents: { uint64_contents: ['18446744073709551615', 0] } },
      { name: 't', datatype: 'BYTES', shape: [2, 1], contents: { bytes_contents: ['AA==', ''] } },
      { name: 'd', datatype: 'FP64', shape: [0], contents: {} },
    ],
  },
];

/** What every request that gets through must be. */
function check({ target, request: { id, inputs, outputs, sharedInputs } }: DecodedModelInfer): void {
  for (const text of [id, target.name]) expect(Buffer.from(text).toString()).toBe(text);
  for (const tensor of inputs) {
    if (sharedInputs?.has(tensor.name)) expect(tensor.data).toHaveLength(0);
    else checkSize(tensor, tensor.data);
  }
  expect(new Set(inputs.map(({ name }) => name)).size).toBe(inputs.length);
  expect(inputs.length).toBeLessThanOrEqual(4);
  expect(outputs?.length ?? 0).toBeLessThanOrEqual(4);
}

describe('decodeModelInfer of damaged messages', () => {
  const seed = chooseSeed();
  it(`gives a request that is whole or says what is wrong (MILLRACE_TEST_SEED=${seed})`, () => {
    const random = new Random(seed);
    const messages = SAMPLES.map((sample) => protoBytes('ModelInferRequest', sample));
    let accepted = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const message = mutateProtobuf(random.pick(messages), random);
      peekId(message);
      try {
        check(decodeModelInfer(message, { maxInputs: 4 }));
        accepted++;
      } catch (error) {
        const { code } = error as MillraceError;
        if (!(error instanceof MillraceError) || code !== 'invalid_argument') {
          throw new Error(`message ${Buffer.from(message).toString('base64')}`, { cause: error });
        }
      }
    }
    expect(accepted).toBeGreaterThan(ROUNDS / 100);
    expect(accepted).toBeLessThan(ROUNDS / 2);
  });
});

it('takes no object for each of many elements', () => {
  const count = 2_000_000;
  const contents = Buffer.alloc(2 * count);
  for (let at = 0; at < contents.length; at += 2) contents[at] = 0x42;
  const writer = new BinaryWriter();
  writer.tag(5, WireType.LengthDelimited).fork();
  writer.tag(1, WireType.LengthDelimited).string('x').tag(2, WireType.LengthDelimited).string('BYTES');
  writer.tag(3, WireType.Varint).uint32(count).tag(5, WireType.LengthDelimited).bytes(contents).join();
  const message = writer.finish();
  const before = process.memoryUsage().heapUsed;
  const { inputs } = decodeModelInfer(message, { maxInputs: 1 }).request;
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(50_000_000);
  expect(inputs[0]?.data.every((byte) => byte === 0)).toBe(true);
  expect(inputs[0]?.data.length).toBe(4 * count);
});

it('keeps nothing of fields that nobody knows', () => {
  expect(MESSAGES.decode('ServerLiveRequest', Buffer.alloc(2_000, Buffer.of(0x78, 0))).$unknown).toBeUndefined();
});
