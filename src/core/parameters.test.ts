import { expect, test } from 'vitest';
import { checkParameters, type Parameters, scalarParameter, scalarParameters } from './parameters.js';

const check = (parameters: unknown) => () => checkParameters(parameters as Parameters, 'invalid_argument');

test('parameters without lists and objects hold no bytes of their own', () => {
  expect(checkParameters({}, 'invalid_argument')).toBe(0);
  expect(checkParameters({ temperature: 0.5, stop: 'x', seed: 2n ** 60n, stream: true }, 'invalid_argument')).toBe(0);
});

test('lists and objects count with their names and texts', () => {
  const small = checkParameters({ stop: ['a', 'b'] }, 'invalid_argument');
  expect(small).toBe(3 * 8 + 2);
  const large = checkParameters({ stop: ['a', 'b'], format: { schema: 'x'.repeat(1_000) } }, 'invalid_argument');
  expect(large - small).toBe(2 * 8 + 'schema'.length + 1_000);
});

test('everything that JSON has may be in them, and integers of any size', () => {
  const tools = [{ type: 'function', strict: null, parameters: { enum: [1, 0.5, true, false, null, 2n ** 60n] } }];
  expect(check({ tools })).not.toThrow();
});

const nested = (depth: number): unknown => (depth === 0 ? 1 : [nested(depth - 1)]);
const cyclic: Record<string, unknown> = {};
cyclic.self = cyclic;

test.each<[string, unknown, string]>([
  ['nested too deep', { tools: nested(33) }, "parameter 'tools': lists and objects are nested deeper than 32"],
  ['that contain themselves', { tools: cyclic }, "parameter 'tools': lists and objects are nested deeper than 32"],
  [
    'with too many values, in all of them together',
    { a: new Array(40_000).fill(1), b: new Array(40_000).fill(1) },
    "parameter 'b': the lists and objects hold more than 65536 values",
  ],
  ['with a hole', { a: [{ b: undefined }] }, "parameter 'a[0].b': expected JSON, got undefined"],
  ['with no number', { a: { b: Number.NaN } }, "parameter 'a.b': expected JSON, got NaN"],
  ['with a map', { a: [new Map()] }, "parameter 'a[0]': expected JSON, got Map"],
])('parameters %s are refused', (_label, parameters, message) => {
  expect(check(parameters)).toThrow(expect.objectContaining({ code: 'invalid_argument', message }));
});

test('32 levels are not too deep', () => {
  expect(check({ tools: nested(32) })).not.toThrow();
});

test('where there are no lists and objects they are JSON text', () => {
  expect(scalarParameter([1, { a: 2n ** 60n, b: null }])).toBe('[1,{"a":"1152921504606846976","b":null}]');
  expect(scalarParameters({ a: 1n, b: 'x', c: ['y'] })).toEqual({ a: 1n, b: 'x', c: '["y"]' });
});
