import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  bytesElements,
  bytesOf,
  type Datatype,
  ELEMENT_SIZE_BYTES,
  elementCount,
  typedView,
} from '../../core/index.js';
import { formatNpy, parseNpy } from './npy.js';

/** A file as numpy.save writes it, version 1 unless told otherwise. */
function file(dict: string, data: Uint8Array, version = 1): Uint8Array {
  const head = Buffer.from(`${dict}\n`, 'latin1');
  const prefix = Buffer.alloc(version === 1 ? 10 : 12);
  prefix.write('\x93NUMPY', 'latin1');
  prefix[6] = version;
  if (version === 1) prefix.writeUInt16LE(head.length, 8);
  else prefix.writeUInt32LE(head.length, 8);
  return Buffer.concat([prefix, head, data]);
}

const dict = (descr: string, shape: string, fortran = 'False') =>
  `{'descr': '${descr}', 'fortran_order': ${fortran}, 'shape': ${shape}, }`;
const numbers = (datatype: Datatype, data: Uint8Array) => Array.from(typedView(datatype, data) as ArrayLike<number>);

describe('parseNpy', () => {
  it('reads numbers in C order', () => {
    const array = parseNpy(file(dict('<f4', '(2, 2)'), bytesOf(Float32Array.of(1, 2, 3, 4))), 'a.npy');
    expect(array).toMatchObject({ datatype: 'FP32', shape: [2, 2] });
    expect(numbers('FP32', array.data)).toEqual([1, 2, 3, 4]);
  });

  it('reads a scalar and a long header', () => {
    const array = parseNpy(file(dict('|u1', '()'), Uint8Array.of(7), 3), 'a.npy');
    expect(array).toMatchObject({ datatype: 'UINT8', shape: [] });
    expect(Array.from(array.data)).toEqual([7]);
  });

  it('turns Fortran order around', () => {
    // [[[0,1],[2,3],[4,5]]] is stored with its first index running fastest.
    const data = bytesOf(Int32Array.of(0, 2, 4, 1, 3, 5));
    const array = parseNpy(file(dict('<i4', '(1, 3, 2)', 'True'), data), 'a.npy');
    expect(numbers('INT32', array.data)).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it('turns big-endian numbers around', () => {
    const array = parseNpy(file(dict('>i2', '(2,)'), Uint8Array.of(1, 0, 0, 2)), 'a.npy');
    expect(numbers('INT16', array.data)).toEqual([256, 2]);
  });

  it.each([
    ['|S3', Buffer.from('ab\0cde', 'latin1'), ['ab', 'cde']],
    ['<U2', bytesOf(Uint32Array.of(0xfc, 0, 0x1f600, 0x61)), ['ü', '😀a']],
    ['>U1', Uint8Array.of(0, 0, 0, 0x61, 0, 0, 0, 0x62), ['a', 'b']],
  ])('reads text of type %s', (descr, data, texts) => {
    const array = parseNpy(file(dict(descr, '(2,)'), data), 'a.npy');
    expect(array.datatype).toBe('BYTES');
    expect(bytesElements(array.data).map((element) => new TextDecoder().decode(element))).toEqual(texts);
  });

  it.each([
    ['something else', Buffer.from('not numpy at all'), 'a.npy is not a .npy file'],
    ['a header without shape', file("{'descr': '<f4'}", new Uint8Array(0)), 'a.npy has a broken header'],
    ['too little data', file(dict('<f4', '(2,)'), new Uint8Array(4)), 'a.npy holds 4 bytes of data, its header says 8'],
    [
      'complex numbers',
      file(dict('<c8', '(1,)'), new Uint8Array(8)),
      "a.npy holds '<c8', which no tensor can; expected bool, int, uint, float or text",
    ],
    [
      'text in Fortran order',
      file(dict('|S1', '(2, 2)', 'True'), new Uint8Array(4)),
      'a.npy holds text in Fortran order; save it in C order',
    ],
  ])('refuses %s', (_, bytes, message) => {
    expect(() => parseNpy(bytes, 'a.npy')).toThrow(message);
  });
});

describe('formatNpy', () => {
  const NUMERIC = [
    'BOOL',
    'UINT8',
    'UINT16',
    'UINT32',
    'UINT64',
    'INT8',
    'INT16',
    'INT32',
    'INT64',
    'FP16',
    'FP32',
    'FP64',
  ] as const;

  it('writes what parseNpy reads, for every numeric datatype and shape', () => {
    const arrays = fc
      .tuple(fc.constantFrom(...NUMERIC), fc.array(fc.nat({ max: 4 }), { maxLength: 4 }))
      .chain(([datatype, shape]) => {
        const length = elementCount(shape) * ELEMENT_SIZE_BYTES[datatype];
        return fc.uint8Array({ minLength: length, maxLength: length }).map((data) => ({ datatype, shape, data }));
      });
    fc.assert(
      fc.property(arrays, (array) => {
        const read = parseNpy(formatNpy(array), 'a.npy');
        expect({ ...read, data: Array.from(read.data) }).toEqual({ ...array, data: Array.from(array.data) });
      }),
    );
  });

  it('aligns the data to 64 bytes', () => {
    expect(formatNpy({ datatype: 'FP32', shape: [1], data: new Uint8Array(4) }).length % 64).toBe(4);
  });

  it('refuses BF16', () => {
    expect(() => formatNpy({ datatype: 'BF16', shape: [0], data: new Uint8Array(0) })).toThrow(
      'a .npy file cannot hold BF16',
    );
  });
});
