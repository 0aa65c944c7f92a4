import { afterEach, describe, expect, it, vi } from 'vitest';
import { chooseSeed, Random } from '../../../../test/support/random.js';
import { elementCount } from '../../../core/index.js';
import { JsonCursor } from './cursor.js';
import { FloatAssembly } from './float-assembly.js';
import { FloatReader } from './float-reader.js';
import { readFloats } from './floats.js';
import { readTensorData } from './tensor-data.js';

type Floats = typeof Float32Array | typeof Float64Array;
const FLOATS: readonly Floats[] = [Float32Array, Float64Array];
const LABEL = "input 'x'";
/** Bytes of text that its memory holds. */
const WINDOW_BYTES = 16_384;
const assembly = new FloatAssembly();

/** All that can be seen of reading `text`, the elements of an array from behind its bracket on. */
function outcome(text: string | Buffer, Out: Floats, by: 'assembly' | 'loop') {
  const body = Buffer.concat([Buffer.from('{"data":['), Buffer.from(text)]);
  const out = new Out(body.length);
  const elements = { tensor: { label: LABEL }, out };
  let count: number | string;
  let end = 0;
  try {
    const cursor = new JsonCursor(body, body.length);
    cursor.pos = 9;
    count = by === 'loop' ? readFloats(cursor, elements, 0) : new FloatReader(assembly, cursor).read(elements, 0);
    end = cursor.pos;
  } catch (error) {
    count = (error as Error).message;
  }
  return { text: text.toString('latin1').slice(0, 200), count, end, bits: Buffer.from(out.buffer) };
}

/** Compares with the loop of `readFloats`, which `floats.test.ts` compares with `JSON.parse`. */
function expectSame(text: string | Buffer): void {
  for (const Out of FLOATS) {
    const [expected, actual] = [outcome(text, Out, 'loop'), outcome(text, Out, 'assembly')];
    if (!actual.bits.equals(expected.bits) || actual.count !== expected.count || actual.end !== expected.end) {
      expect(actual).toEqual(expected);
    }
  }
}

const digits = (random: Random, length: number) => Array.from({ length }, () => random.integer(0, 9)).join('');

function anyForm(random: Random): string {
  const whole = random.chance(0.5) ? '0' : `${random.integer(1, 9)}${digits(random, random.integer(0, 21))}`;
  const fraction = random.chance(0.2) ? '' : `.${digits(random, random.integer(1, 26))}`;
  const exponent = random.chance(0.7) ? '' : `${random.pick(['e', 'E', 'e+', 'e-', 'E-'])}${random.integer(0, 340)}`;
  return whole + fraction + exponent;
}

function anyDouble(random: Random): number {
  for (;;) {
    const value = new Float64Array(random.bytes(8).buffer)[0] as number;
    if (Number.isFinite(value)) return Math.abs(value);
  }
}

function anyFloat(random: Random): number {
  for (;;) {
    const value = new Float32Array(random.bytes(4).buffer)[0] as number;
    if (Number.isFinite(value)) return Math.abs(value);
  }
}

/** Right in the middle between two floats or doubles, a little above and a little below. */
function nearMiddle(random: Random): string {
  const value = 10 ** random.integer(-6, 15) * random.next();
  const bits = random.chance(0.5) ? 53 : 24;
  const unit = 2 ** (Math.floor(Math.log2(value)) - bits + 1);
  const middle = (Math.floor(value / unit) + 0.5) * unit;
  const text = random.chance(0.5) ? middle.toPrecision(random.integer(17, 21)) : middle.toFixed(20);
  return text + (text.includes('.') ? random.pick(['', '0', '1', '00000001']) : '');
}

const FORMS: readonly ((random: Random) => string)[] = [
  (random) => random.next().toFixed(random.integer(1, 20)),
  (random) => (random.next() * 10 ** random.integer(0, 20)).toFixed(random.integer(0, 16)),
  (random) => String(random.next() * 10 ** random.integer(-8, 22)),
  (random) => String(Math.fround(random.next() * 10 ** random.integer(-8, 22))),
  (random) => random.next().toExponential(random.integer(0, 20)),
  (random) => String(anyDouble(random)),
  (random) => String(anyFloat(random)),
  (random) => String(random.integer(0, 300)),
  nearMiddle,
  anyForm,
];

function numberText(random: Random): string {
  return (random.chance(0.5) ? '-' : '') + random.pick(FORMS)(random);
}

describe('FloatReader', () => {
  it('gives the same bits as JSON.parse, for a million numbers in every form', () => {
    const seed = chooseSeed();
    const random = new Random(seed);
    for (let list = 0; list < 2_000; list++) {
      const texts = Array.from({ length: 500 }, () => numberText(random));
      const separator = random.pick([',', ', ', ' ,', ',\n    ', '\t,\r\n']);
      const text = `${texts.join(separator)}]`;
      const expected = JSON.parse(`[${text}`) as number[];
      for (const Out of FLOATS) {
        const { bits, count } = outcome(text, Out, 'assembly');
        const wanted = Out.from(expected);
        const same = count === 500 && bits.subarray(0, wanted.byteLength).equals(Buffer.from(wanted.buffer));
        if (!same) expect({ seed, separator, texts, count }).toBe('read as JSON.parse does');
      }
    }
  });

  it.each([
    ...['0', '-0', '-0.0', '0.0', '0e0', '-0e999', '0.000000000000000000000000000', '1', '9', '10', '255', '-1'],
    ...['5e-324', '2.2250738585072011e-308', '1.7976931348623157e308', '1.7976931348623159e308', '1e-45', '7e-46'],
    ...['3.4028234663852886e38', '3.4028235677973366e38', '1e39', '1e64', '1e65', '1e-64', '1e-65', '1e0000000001'],
    ...['9007199254740992', '9007199254740993', '9007199254740993.0', '900719925474099.35', '1e22', '1e23', '8e22'],
    ...['18446744073709551615', '18446744073709551616', '1844.674407370955161', '0.18446744073709551615'],
    ...[
      '999999999999999',
      '9999999999999999',
      '99999999999999999',
      '123456789012345',
      '12345678901234',
      '1.2345678901234',
    ],
    ...['16777217', '16777217.0000000001', '0.50000002980232239', '1.00000005960464477539', '1.00000005960464477540'],
    ...['NaN', '-NaN', 'Infinity', '-Infinity', 'Inf', '-Inf'],
  ])('reads %s as the loop does, alone and among others', (text) => {
    expectSame(`${text}]}`);
    expectSame(`0.25,${text},-1.5,${text}, ${text} , 7]}`);
  });

  it.each([
    '',
    ',',
    '-',
    '-,',
    '- 1',
    '+1',
    '.5',
    '-.5',
    '5.',
    '-5.',
    '5.e1',
    '01',
    '-01',
    '00.5',
    '00',
    '1.2.3',
    '1-2',
    '--1',
    '1e',
    '1e+',
    '1e5.5',
    '1 2',
    '0x10',
    'null',
    'true',
    '"1"',
    '"1,2"',
    '[1]',
    '{}',
    'nan',
    '1:2',
    '1/2',
    '1;',
    '1.0\u0000',
    '\u0000',
    '\u000b1',
    '1\u00a0',
    'é',
    '1234567890123456.7.8',
    '-0123456789.1234567890',
    '.12345678901234567890',
  ])('refuses %j with the message of the loop, wherever it is', (text) => {
    for (const rest of [']}', ',2]}', '', '}', ' ]}']) {
      expectSame(text + rest);
      expectSame(`0.25,-1.5,3,${text}${rest}`);
      expectSame(`0.12345678901234567,1e5 , ${text}${rest}`);
    }
  });

  const SAMPLE = '0.1234, -5,12345678.25,-0.12345678901234567,\n1e-3 ,100,0,7.00]}';

  it('says the same as the loop of any byte in any place', () => {
    for (let at = 0; at < SAMPLE.length; at++) {
      for (let byte = 0; byte < 0x80; byte++) {
        const text = Buffer.from(SAMPLE);
        text[at] = byte;
        expectSame(text);
      }
      expectSame(`${SAMPLE.slice(0, at)}é${SAMPLE.slice(at)}`);
    }
  });

  it('says the same as the loop of a text that ends anywhere', () => {
    for (let end = 0; end < SAMPLE.length; end++) {
      expectSame(SAMPLE.slice(0, end));
      expectSame(`${SAMPLE.slice(0, end)}}`);
      expectSame(`${SAMPLE.slice(0, end)} \n`);
    }
  });

  it('reads on where its memory ends inside a number', () => {
    const texts = ['0.25', '-0.12345678901234567', '1e5', ' 77 ', '12345.5'];
    const list = Array.from({ length: 9_000 }, (_, index) => texts[index % texts.length]).join(',');
    for (let shift = 0; shift < 64; shift++) {
      expectSame(`${' '.repeat(shift)}${list}]}`);
      expectSame(`${' '.repeat(WINDOW_BYTES - 40 + shift)}0.5,-1.25]}`);
      expectSame(`${list.slice(0, WINDOW_BYTES - 32 + shift)}x]}`);
      expectSame(list.slice(0, WINDOW_BYTES - 32 + shift));
    }
  });

  it('reads what is longer than its memory', () => {
    const long = WINDOW_BYTES + 100;
    expectSame(`1,0.${'3'.repeat(long)},2,${'9'.repeat(long)},3]}`);
    expectSame(`1,${' '.repeat(long)}2${' '.repeat(long)},3${' '.repeat(long)}]}`);
    expectSame(`${'0,'.repeat(long)}0]}`);
  });
});

describe('long lists of floats', () => {
  const row = Array.from({ length: 100 }, (_, index) => (index - 50) / 8);
  const count = 300;

  function read(data: string, shape: readonly number[]): number[] {
    const body = Buffer.from(`{"data":${data}}`);
    const cursor = new JsonCursor(body, body.length);
    cursor.pos = 8;
    const text = { tensor: { label: LABEL }, datatype: 'FP32' as const, shape, count: elementCount(shape) };
    const bytes = readTensorData(cursor, text);
    expect(cursor.pos).toBe(body.length - 1);
    return [...new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4)];
  }

  afterEach(() => {
    vi.unstubAllGlobals();
  });

  it('may be flat, nested as the shape says, and written over lines', () => {
    const flat = [...row, ...row, ...row];
    const nested = [[row, row, row]];
    expect(read(JSON.stringify(flat), [1, 3, 100])).toEqual(flat);
    expect(read(JSON.stringify(nested), [1, 3, 100])).toEqual(flat);
    expect(read(JSON.stringify(nested, undefined, 4), [1, 3, 100])).toEqual(flat);
    // Rows of both kinds: few numbers, and many.
    expect(read(JSON.stringify(flat.map((value) => [value])), [count, 1])).toEqual(flat);
  });

  it.each([
    [[...row, ...row], `${LABEL}: expected 300 elements for shape [3,100], got 200 in data`],
    [[...row, ...row, ...row, ...row], `${LABEL}: expected 300 elements for shape [3,100], got 400 in data`],
    [
      [row, row.slice(1), row],
      `${LABEL}: data is nested, but not as shape [3,100] says: at byte 560 expected 100 elements along axis 1, got 99`,
    ],
    [[row, row, [...row.slice(1), null]], `${LABEL}: data[299] at byte 1655: expected a number, got null`],
    [[...row, ...row, 'x'], `${LABEL}: data[200] at byte 1107: expected a number, got a string`],
  ])('are refused by name, index and place (%#)', (data, message) => {
    expect(() => read(JSON.stringify(data), [3, 100])).toThrow(message);
  });

  it('are read without WebAssembly where there is none', async () => {
    vi.stubGlobal('WebAssembly', undefined);
    vi.resetModules();
    const { floatAssembly } = await import('./float-assembly.js');
    expect(floatAssembly()).toBe(undefined);
    const fresh = await import('./tensor-data.js');
    const body = Buffer.from(`{"data":${JSON.stringify([...row, ...row])}}`);
    const cursor = new JsonCursor(body, body.length);
    cursor.pos = 8;
    const text = { tensor: { label: LABEL }, datatype: 'FP64' as const, shape: [200], count: 200 };
    const bytes = fresh.readTensorData(cursor, text);
    expect([...new Float64Array(bytes.buffer, bytes.byteOffset, 200)]).toEqual([...row, ...row]);
  });
});
