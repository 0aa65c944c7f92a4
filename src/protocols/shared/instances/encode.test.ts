import { describe, expect, it } from 'vitest';
import { bytesOf, type Datatype, packBytes, systemClock, type Tensor, Turns } from '../../../core/index.js';
import type { WireBody } from '../../wire.js';
import { createInstancesEncoder, type InstancesAnswer } from './encode.js';

const encode = createInstancesEncoder(new Turns(systemClock));
const floats = (name: string, shape: readonly number[], values: readonly number[]): Tensor => ({
  name,
  datatype: 'FP32',
  shape,
  data: bytesOf(Float32Array.from(values)),
});
const strings = (name: string, ...texts: readonly (string | Uint8Array)[]): Tensor => ({
  name,
  datatype: 'BYTES',
  shape: [texts.length],
  data: packBytes(texts.map((text) => (typeof text === 'string' ? Buffer.from(text) : text))),
});

function joined(body: WireBody): string {
  if (typeof body === 'string') return body;
  return Buffer.concat(Array.isArray(body) ? body : [body as Uint8Array]).toString();
}

async function write(answer: InstancesAnswer): Promise<string> {
  const { body, status, headers } = await encode(answer);
  expect({ status, headers }).toEqual({ status: 200, headers: { 'content-type': 'application/json' } });
  return joined(body);
}

describe('answers in TensorFlow Serving’s JSON', () => {
  const y = floats('y', [2, 2], [1, 2.5, Number.NaN, Number.NEGATIVE_INFINITY]);
  const label = strings('label', 'a"', 'é');

  it('have a value for each row, or an object where there are several outputs', async () => {
    expect(await write({ format: 'row', outputs: [y] })).toBe('{"predictions":[[1.0,2.5],[NaN,-Infinity]]}');
    expect(await write({ format: 'row', outputs: [y, label] })).toBe(
      '{"predictions":[{"y":[1.0,2.5],"label":"a\\""},{"y":[NaN,-Infinity],"label":"é"}]}',
    );
  });

  it('have a value for each output, without its name where there is one', async () => {
    expect(await write({ format: 'column', outputs: [y] })).toBe('{"outputs":[[1.0,2.5],[NaN,-Infinity]]}');
    expect(await write({ format: 'column', outputs: [y, label] })).toBe(
      '{"outputs":{"y":[[1.0,2.5],[NaN,-Infinity]],"label":["a\\"","é"]}}',
    );
    expect(await write({ format: 'column', outputs: [floats('y', [], [3])] })).toBe('{"outputs":3.0}');
    expect(await write({ format: 'column', outputs: [] })).toBe('{"outputs":{}}');
  });

  it('have base64 where the name of an output says that it is no text', async () => {
    const image = strings('image_bytes', Uint8Array.of(0xff, 0), '');
    expect(await write({ format: 'row', outputs: [image] })).toBe('{"predictions":[{"b64":"/wA="},{"b64":""}]}');
  });

  it('keep lengths of 0, behind which nothing is nested', async () => {
    expect(await write({ format: 'column', outputs: [floats('y', [2, 0, 3], [])] })).toBe('{"outputs":[[],[]]}');
    expect(await write({ format: 'row', outputs: [floats('y', [0, 3], [])] })).toBe('{"predictions":[]}');
  });

  it('may have further members', async () => {
    const answer = { format: 'row', outputs: [floats('y', [1], [1])], more: '"model":"é"' } as const;
    expect(await write(answer)).toBe('{"predictions":[1.0],"model":"é"}');
  });

  it('are refused in rows where outputs have none, or not the same number', () => {
    const advice = "; ask for columns with 'inputs' instead of 'instances'";
    expect(() => encode({ format: 'row', outputs: [floats('y', [], [3])] })).toThrow(
      `output 'y' cannot be written in rows: expected a first axis, got none${advice}`,
    );
    expect(() => encode({ format: 'row', outputs: [y, floats('z', [1], [3])] })).toThrow(
      `output 'z' cannot be written in rows: expected 2 along its first axis, got 1${advice}`,
    );
  });

  it('that are large come in pieces, between which others have their turn', async () => {
    const count = 60_000;
    const values = Array.from({ length: count }, (_, index) => index / 8);
    const blob = Buffer.alloc(700_001, 7);
    const outputs = [
      floats('y', [3, count / 3], values),
      strings('z_bytes', blob, '', 'c'),
      strings('t', 'x'.repeat(600_000), 'é', ''),
    ];
    let turns = 0;
    const count1 = () => {
      turns++;
      immediate = setImmediate(count1);
    };
    let immediate = setImmediate(count1);
    const { body } = await encode({ format: 'row', outputs });
    clearImmediate(immediate);
    expect(turns).toBeGreaterThan(5);
    const { predictions } = JSON.parse(joined(body));
    expect(predictions.flatMap(({ y }: { y: number[] }) => y)).toEqual(values);
    expect(Buffer.from(predictions[0].z_bytes.b64, 'base64').equals(blob)).toBe(true);
    expect(predictions.map(({ t }: { t: string }) => t.length)).toEqual([600_000, 1, 0]);
    const { body: columns } = await encode({ format: 'column', outputs });
    expect(JSON.parse(joined(columns)).outputs.y.flat()).toEqual(values);
  });

  it.each([
    ['INT64', BigInt64Array.of(2n ** 63n - 1n, -1n), '[9223372036854775807,-1]'],
    ['UINT64', BigUint64Array.of(2n ** 64n - 1n, 1n), '[18446744073709551615,1]'],
    ['BOOL', Uint8Array.of(1, 0), '[true,false]'],
    ['FP16', Uint16Array.of(0x3c00, 0xc000), '[1.0,-2.0]'],
  ] as const)('keep every %s', async (datatype: Datatype, values, text) => {
    const output: Tensor = { name: 'y', datatype, shape: [2], data: bytesOf(values) };
    expect(await write({ format: 'row', outputs: [output] })).toBe(`{"predictions":${text}}`);
  });
});
