import { describe, expect, test } from 'vitest';
import { problemOf } from './validate.js';

const AS_IS = { oneOfAsAnyOf: false };

describe('an answer', () => {
  test.each([
    ['{"a": 1}', { properties: { a: { minimum: 0 } } }],
    ['"ab"', { pattern: '^a' }],
    ['"x"', { format: 'date' }],
    ['[1, 2]', { $schema: 'http://json-schema.org/draft-07/schema#', items: [{ const: 1 }, { const: 2 }] }],
    ['[1, 2]', { $schema: 'https://json-schema.org/draft/2020-12/schema', prefixItems: [{ const: 1 }] }],
    ['{"a": {"a": null}}', { $id: 'https://example.com/tree', properties: { a: { $ref: '#' } } }],
    ['1', { $async: true, type: 'integer' }],
  ])('matches: %s by %j', async (text, schema) => {
    expect(await problemOf(text, schema, AS_IS)).toBeUndefined();
  });

  test.each([
    ['{"a": -1}', { properties: { a: { minimum: 0 } } }, '/a must be >= 0'],
    ['"b"', { pattern: '^a' }, ' must match pattern "^a"'],
    [
      '{"b1": 1}',
      { patternProperties: { '^a': { const: 2 }, '^b\\d+$': { const: 3 } } },
      '/b1 must be equal to constant',
    ],
    ['[1, 1]', { uniqueItems: true }, ' must NOT have duplicate items (items ## 0 and 1 are identical)'],
    ['1', { oneOf: [{ type: 'integer' }, { type: 'number' }] }, ' must match exactly one schema in oneOf'],
    [
      '["x"]',
      { $schema: 'http://json-schema.org/draft-07/schema#', items: [{ const: 1 }] },
      '/0 must be equal to constant',
    ],
    ['1', false, ' boolean schema is false'],
    ['1', { $async: true, type: 'string' }, ' must be string'],
    ['{', true, 'it is not JSON'],
  ])('does not match: %s by %j', async (text, schema, problem) => {
    expect(await problemOf(text, schema, AS_IS)).toBe(problem);
  });

  test('matches several alternatives where the grammar lets several come', async () => {
    const schema = { oneOf: [{ type: 'integer' }, { type: 'number' }] };
    expect(await problemOf('1', schema, { oneOfAsAnyOf: true })).toBeUndefined();
  });

  test.each([{ pattern: '(' }, { pattern: '(?<!a)' }, { minimum: 'a' }, { not: { $ref: '#/nowhere' } }])(
    'has no verdict by a schema that cannot be applied: %j',
    async (schema) => {
      await expect(problemOf('"b"', schema, AS_IS)).rejects.toThrow();
    },
  );
});
