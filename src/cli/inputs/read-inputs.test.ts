import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createTempFolder } from '../../../test/support/model-folder.js';
import type { TensorMetadata } from '../../client/index.js';
import { bytesOf } from '../../core/index.js';
import { fillInput } from './fill.js';
import { parseImageFlag, parseInputFlag } from './input-flags.js';
import { formatNpy } from './npy.js';
import { type InputSources, readInputs } from './read-inputs.js';

const X: TensorMetadata = { name: 'x', datatype: 'FP32', shape: [-1, 2] };
const IDS: TensorMetadata = { name: 'ids', datatype: 'INT64', shape: [-1] };
const TEXT: TensorMetadata = { name: 'text', datatype: 'BYTES', shape: [-1, 1] };

async function read(specs: readonly TensorMetadata[], given: readonly string[], change: Partial<InputSources> = {}) {
  return readInputs(specs, {
    flags: given.map(parseInputFlag),
    requestFile: undefined,
    shapes: {},
    fill: undefined,
    cwd: process.cwd(),
    readStdin: async () => new Uint8Array(0),
    ...change,
  });
}

describe('values on the command line', () => {
  it.each<[TensorMetadata, string, unknown]>([
    [
      X,
      '[[1,NaN],[-Infinity,2]]',
      [
        [1, Number.NaN],
        [Number.NEGATIVE_INFINITY, 2],
      ],
    ],
    [X, '5', 5],
    [IDS, '[9007199254740993,2]', [9_007_199_254_740_993n, 2]],
    [X, '[1000000000000000000]', [1e18]],
    [TEXT, 'text=hello world', 'hello world'],
    [TEXT, 'text=42', '42'],
    [TEXT, 'text={"a":1}', '{"a":1}'],
    [TEXT, '["a","b"]', ['a', 'b']],
    [TEXT, '"quoted"', 'quoted'],
  ])('for %o takes %s', async (spec, given, value) => {
    expect(await read([spec], [given])).toEqual({ [spec.name]: value });
  });

  it('take the shape that is given', async () => {
    expect(await read([X], ['[[1,2],[3,4]]'], { shapes: { x: [1, 4] } })).toEqual({
      x: { data: [1, 2, 3, 4], shape: [1, 4], datatype: 'FP32' },
    });
  });

  it('come from CSV files, by the names of their columns or as rows of the only input', async () => {
    await using folder = await createTempFolder({
      'rows.csv': 'a,b\n1,2\n3,-4e1\n',
      'named.csv': 'text,ids\n"a, ""b""",9007199254740993\nc,2\n',
      'broken.csv': 'a,b\n1,2\n\n3,four\n',
    });
    const cwd = { cwd: folder.path };
    const rows = { shape: [2, 2], datatype: 'FP32', data: Float32Array.of(1, 2, 3, -40) };
    expect(await read([X], ['@rows.csv'], cwd)).toEqual({ x: rows });
    expect(await read([X, IDS], ['x=@rows.csv', 'ids=[1,2]'], cwd)).toEqual({ x: rows, ids: [1, 2] });
    const named = {
      text: {
        shape: [2, 1],
        datatype: 'BYTES',
        data: [new TextEncoder().encode('a, "b"'), new TextEncoder().encode('c')],
      },
      ids: { shape: [2], datatype: 'INT64', data: BigInt64Array.of(9_007_199_254_740_993n, 2n) },
    };
    expect(await read([TEXT, IDS], ['@named.csv'], cwd)).toEqual(named);
    await expect(read([X], ['@broken.csv'], cwd)).rejects.toThrow(
      "broken.csv: line 4, column 2: expected a number, got 'four'",
    );
    await expect(read([TEXT, IDS, X], ['@named.csv'], cwd)).rejects.toThrow(
      "named.csv: the model lacks a column for its input 'x'; its inputs are 'text', 'ids', 'x'",
    );
    await expect(read([X], ['x=@rows.csv', 'x=@rows.csv'], cwd)).rejects.toThrow("input 'x' is given several times");
  });

  it('need a name when the model has several inputs', async () => {
    await expect(read([X, IDS], ['[1,2]'])).rejects.toThrow(
      "the model has several inputs ('x', 'ids'): say NAME=VALUE",
    );
  });
});

describe('files', () => {
  it('are read by their kind', async () => {
    const numbers = Float32Array.of(1, 2, 3, 4);
    await using folder = await createTempFolder({
      'x.npy': formatNpy({ datatype: 'FP32', shape: [2, 2], data: bytesOf(numbers) }),
      'x.json': '[[1,2]]',
      'x.raw': bytesOf(numbers),
      'odd.raw': new Uint8Array(3),
      'text.txt': 'a whole\nfile',
    });
    const where = { cwd: folder.path };
    expect(await read([X], ['@x.npy'], where)).toEqual({ x: { data: numbers, shape: [2, 2], datatype: 'FP32' } });
    expect(await read([X], ['@x.json'], where)).toEqual({ x: [[1, 2]] });
    expect(await read([X], ['@x.raw'], where)).toEqual({ x: numbers });
    expect(await read([X], ['@x.raw'], { ...where, shapes: { x: [1, 4] } })).toEqual({
      x: { data: numbers, shape: [1, 4], datatype: 'FP32' },
    });
    expect(await read([TEXT], ['@text.txt'], where)).toEqual({ text: [Buffer.from('a whole\nfile')] });
    await expect(read([X], ['@odd.raw'], where)).rejects.toThrow(
      "odd.raw has 3 bytes; raw FP32 for input 'x' comes in multiples of 4",
    );
    await expect(read([X], ['@.'], where)).rejects.toThrow('. cannot be read (EISDIR)');
  });

  it('may come from the standard input', async () => {
    const readStdin = async () => bytesOf(Float32Array.of(5, 6));
    expect(await read([X], ['x=@-'], { readStdin })).toEqual({ x: Float32Array.of(5, 6) });
  });

  it('are sent as they are when they are photos or sounds', async () => {
    const pixels: TensorMetadata = { name: 'pixels', datatype: 'FP32', shape: [-1, 1, 4, 4] };
    const photo = 'examples/photos/meal_1.jpg';
    const sent = { pixels: { data: [await readFile(photo)], shape: [1], datatype: 'BYTES' } };
    expect(await read([pixels], [], { flags: [parseImageFlag(photo)] })).toEqual(sent);
    expect(await read([pixels], [`@${photo}`])).toEqual(sent);
    expect(await read([X], ['@examples/audio/speech-16khz.wav'])).toMatchObject({ x: { datatype: 'BYTES' } });
    const bytes = { ...TEXT, name: 'file' };
    expect((await read([bytes], [`@${photo}`])).file).toHaveLength(1);
  });

  it('are raw numbers that begin as an MP3 unless they are called one', async () => {
    const frame = Uint8Array.of(0xff, 0xfb, 0x90, 0x64);
    await using folder = await createTempFolder({ 'numbers.raw': frame, 'sound.mp3': frame });
    const { path: cwd } = folder;
    expect(await read([X], ['@numbers.raw'], { cwd })).toEqual({ x: new Float32Array(frame.buffer) });
    expect(await read([X], ['@sound.mp3'], { cwd })).toMatchObject({ x: { datatype: 'BYTES' } });
  });
});

describe('several photos', () => {
  const pixels: TensorMetadata = { name: 'pixels', datatype: 'UINT8', shape: [-1, 3, 4, 4] };
  const photos = ['examples/photos/meal_1.jpg', 'examples/photos/other_1.jpg'];

  it('are the elements of one input', async () => {
    const data = await Promise.all(photos.map((file) => readFile(file)));
    const sent = { pixels: { data, shape: [2], datatype: 'BYTES' } };
    expect(await read([pixels], [], { flags: photos.map(parseImageFlag) })).toEqual(sent);
    expect(
      await read(
        [pixels],
        photos.map((file) => `@${file}`),
      ),
    ).toEqual(sent);
  });

  it('are all photos', async () => {
    await using folder = await createTempFolder({ 'page.svg': '<svg/>' });
    const { path: cwd } = folder;
    const refused = 'page.svg is not a JPEG, PNG, WebP or GIF';
    await expect(read([pixels], [], { cwd, flags: [parseImageFlag('page.svg')] })).rejects.toThrow(refused);
    const flags = [parseImageFlag(resolve(photos[0] ?? '')), parseImageFlag('page.svg')];
    await expect(read([pixels], [], { cwd, flags })).rejects.toThrow(refused);
    const several = "input 'pixels' is given several times";
    await expect(read([pixels], ['@page.svg', '@page.svg'], { cwd })).rejects.toThrow(several);
    await expect(read([pixels], ['pixels=1', 'pixels=2'])).rejects.toThrow(several);
  });
});

describe('inputs that are not given', () => {
  it('are left out, or filled when asked for', async () => {
    expect(await read([X, IDS], ['x=[1,2]'])).toEqual({ x: [1, 2] });
    expect(await read([X, IDS], ['x=[1,2]'], { fill: 'zero', shapes: { ids: [3] } })).toEqual({
      x: [1, 2],
      ids: { data: [0, 0, 0], shape: [3], datatype: 'INT64' },
    });
  });

  it('are filled with what their datatype holds', () => {
    const random = (datatype: TensorMetadata['datatype']) => {
      const value = fillInput({ name: 'x', datatype, shape: [-1, 2] }, { fill: 'random', shapes: {} });
      return (value as { readonly data: readonly unknown[] }).data;
    };
    expect(random('BYTES').map((element) => typeof element)).toEqual(['string', 'string']);
    expect(random('BOOL').map((element) => typeof element)).toEqual(['boolean', 'boolean']);
    expect(random('INT8').every(Number.isInteger)).toBe(true);
    expect(random('FP16')).toHaveLength(2);
  });
});

it('refuses a request file that is no JSON', async () => {
  const readStdin = async () => Buffer.from('{');
  await expect(read([X], [], { requestFile: '-', readStdin })).rejects.toThrow('- is not JSON: ');
});
