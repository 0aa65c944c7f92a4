import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MillraceError } from '../../core/index.js';
import { decodeInfer } from './decode-infer.js';

const SEEDS = [
  '{"id":"a\\u00e9","inputs":[{"name":"x","shape":[2,2],"datatype":"FP32","data":[[1.5,-2e3],[0,1234567890.123456789]]}]}',
  '{"inputs":[{"data":["a","\\ud83d\\ude00 \\"q\\" ]"],"name":"s","shape":[2],"datatype":"BYTES"}],"outputs":[{"name":"y"}]}',
  '{"inputs":[{"name":"i","shape":[3],"datatype":"INT64","data":[1,-9223372036854775808,42]}],"parameters":{"p":-1.5e-3}}',
  ' { "inputs" : [ { "name":"b", "shape":[1], "datatype":"BOOL", "data":[ true ] } ] , "more":{"a":[null,{}]} } ',
];
/** What a mutation puts in, most of it with a meaning in JSON. */
const PIECES = [
  '"',
  '\\',
  '[',
  ']',
  '{',
  '}',
  ',',
  ':',
  '-',
  '.',
  'e',
  '0',
  '1',
  '9'.repeat(20),
  ' ',
  '\n',
  'NaN',
  'true',
  '\0',
  '\x80',
  'é',
];

const mutation = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  remove: fc.nat({ max: 3 }),
  insert: fc.oneof(fc.constant(''), fc.constantFrom(...PIECES)),
});

function mutate(seed: string, mutations: readonly { at: number; remove: number; insert: string }[]): Buffer {
  return mutations.reduce((bytes, { at, remove, insert }) => {
    const from = Math.floor(at * bytes.length);
    return Buffer.concat([bytes.subarray(0, from), Buffer.from(insert, 'latin1'), bytes.subarray(from + remove)]);
  }, Buffer.from(seed));
}

function decode(body: Buffer, jsonBytes: number): void {
  const headers = { 'inference-header-content-length': String(jsonBytes) };
  const signatureOf = () => ({ inputs: [], outputs: [] });
  decodeInfer({ method: 'POST', url: '', headers, body }, { maxInputs: 3, signatureOf });
}

/** The text with literals for which JSON has no number replaced by ones that it has. */
function strict(text: string): string {
  return text
    .replace(/^\ufeff/, '')
    .replace(/"(?:[^"\\]|\\.)*"|-?(?:NaN|Infinity|Inf)/g, (part) => (part[0] === '"' ? part : '0'));
}

describe('decodeInfer of damaged requests', () => {
  it('accepts nothing that is not JSON and refuses the rest as invalid_argument', () => {
    let accepted = 0;
    fc.assert(
      fc.property(fc.constantFrom(...SEEDS), fc.array(mutation, { maxLength: 3 }), (seed, mutations) => {
        const body = mutate(seed, mutations);
        try {
          decode(body, body.length);
        } catch (error) {
          expect(error).toBeInstanceOf(MillraceError);
          expect(error).toMatchObject({ code: 'invalid_argument' });
          return;
        }
        accepted++;
        expect(() => JSON.parse(strict(body.toString()))).not.toThrow();
      }),
      { numRuns: 5_000 },
    );
    expect(accepted).toBeGreaterThan(100);
  });

  it('never reads beyond the JSON', () => {
    fc.assert(
      fc.property(fc.constantFrom(...SEEDS), fc.double({ min: 0, max: 1, noNaN: true }), (seed, at) => {
        const body = Buffer.from(seed);
        const jsonBytes = Math.floor(at * (seed.trimEnd().length - 1));
        expect(() => decode(body, jsonBytes)).toThrow(MillraceError);
      }),
      { numRuns: 500 },
    );
  });
});
