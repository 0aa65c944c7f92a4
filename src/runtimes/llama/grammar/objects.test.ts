import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { GbnfTexts } from '../../../../test/support/gbnf-texts.js';
import { ruleOfSchema } from './json-schema.js';
import { GrammarRules } from './rules.js';

function textsOf(schema: object): GbnfTexts {
  const rules = new GrammarRules();
  return new GbnfTexts(
    rules.print(
      ruleOfSchema(rules, schema, { what: 'the JSON schema', reason: 'invalid_json_schema', isStrict: true }),
    ),
  );
}

const numbers = fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }));
const string = { type: 'string' };
const integer = { type: 'integer' };

/** Schemas, texts that they allow and write, and texts that they do not. */
const CASES: readonly (readonly [string, object, readonly string[], readonly string[]])[] = [
  [
    'names that are required, but not described',
    { type: 'object', properties: { a: integer }, required: ['b', 'a'] },
    ['{"a":1,"b":null}'],
    ['{"a":1}', '{"b":1}'],
  ],
  [
    'required names by additionalProperties',
    { type: 'object', required: ['b'], additionalProperties: integer },
    ['{"b":1}', '{"b":1,"c":2}'],
    ['{"b":"x"}', '{}', '{"c":1}'],
  ],
  [
    'others beside properties, as z.looseObject and extra="allow" write them',
    { type: 'object', properties: { ab: integer }, required: ['ab'], additionalProperties: {} },
    ['{"ab":1}', '{"ab":1,"a":"x","abc":[]}', '{"ab":1,"":1}'],
    ['{"x":1}', '{"ab":1,"ab":"x"}'],
  ],
  [
    'others of a type',
    { type: 'object', properties: { a: string }, additionalProperties: integer },
    ['{"a":"x","b":1}', '{"b":1,"c":2}', '{}'],
    ['{"a":1}', '{"b":"x"}'],
  ],
  [
    'names by a pattern, as TypeBox writes records',
    { type: 'object', patternProperties: { '^(0|[1-9][0-9]*)$': string } },
    ['{"0":"a","12":"b"}', '{}'],
    ['{"a":"b"}', '{"0":1}', '{"01":"a"}'],
  ],
  [
    'names by a pattern, and all others',
    { type: 'object', patternProperties: { '^n_': integer }, additionalProperties: string },
    ['{"n_a":1,"b":"x"}'],
    ['{"n_a":"x"}', '{"b":1}'],
  ],
  [
    'required names that match a pattern',
    { type: 'object', patternProperties: { '^n_': integer }, required: ['n_a', 'b'] },
    ['{"n_a":1,"b":null}', '{"n_a":1,"b":[],"n_b":2}'],
    ['{"n_a":"x","b":1}'],
  ],
  [
    'records of listed names, as zod writes them',
    {
      type: 'object',
      propertyNames: { type: 'string', enum: ['x', 'y'] },
      additionalProperties: integer,
      required: ['x', 'y'],
    },
    ['{"x":1,"y":2}'],
    ['{"x":1}', '{"x":1,"y":2,"z":3}', '{"x":"a","y":2}'],
  ],
  [
    'records of some of the listed names',
    {
      type: 'object',
      propertyNames: { anyOf: [{ const: 'x' }, { $ref: '#/$defs/more' }] },
      additionalProperties: integer,
      $defs: { more: { enum: ['y', 'z'] } },
    },
    ['{}', '{"x":1,"z":2}'],
    ['{"a":1}'],
  ],
  [
    'names with a pattern and a length',
    { type: 'object', propertyNames: { pattern: '^[a-z]+$', maxLength: 3 }, additionalProperties: integer },
    ['{"abc":1}', '{}'],
    ['{"abcd":1}', '{"A":1}'],
  ],
  [
    'names that are dates',
    { type: 'object', propertyNames: { format: 'date' }, additionalProperties: integer },
    ['{"2024-02-29":1}'],
    ['{"today":1}'],
  ],
  [
    'counts of members',
    { type: 'object', additionalProperties: integer, minProperties: 1, maxProperties: 2 },
    ['{"a":1}', '{"a":1,"b":2}'],
    ['{}', '{"a":1,"b":2,"c":3}'],
  ],
  [
    'at least one of some',
    { type: 'object', properties: { a: integer, b: integer }, minProperties: 1 },
    ['{"a":1}', '{"b":1}'],
    ['{}'],
  ],
  [
    'properties that never are',
    { type: 'object', properties: { a: integer, b: { not: {} } } },
    ['{"a":1}', '{}'],
    ['{"b":1}'],
  ],
  [
    'several schemas that all hold',
    {
      allOf: [
        { $ref: '#/$defs/base' },
        { type: 'object', properties: { b: { type: 'integer', maximum: 9 }, c: string }, required: ['c'] },
      ],
      $defs: {
        base: { type: 'object', properties: { a: string, b: { type: 'integer', minimum: 5 } }, required: ['a', 'b'] },
      },
    },
    ['{"a":"y","b":5,"c":"x"}'],
    ['{"a":"y","b":4,"c":"x"}', '{"a":"y","b":5}', '{"a":"y","b":10,"c":"x"}'],
  ],
  [
    'patterns that all hold',
    {
      allOf: [
        { type: 'string', pattern: 'a' },
        { pattern: '^.b', maxLength: 3 },
      ],
    },
    ['"ab"', '"cba"'],
    ['"cb"', '"abcd"'],
  ],
  [
    'values that several schemas have',
    { allOf: [{ enum: ['a', 'b', 'c'] }, { enum: ['b', 'c', 'd'] }, { type: 'string' }] },
    ['"b"', '"c"'],
    ['"a"'],
  ],
  [
    'alternatives beside what all have',
    { type: 'object', properties: { a: integer, b: integer }, anyOf: [{ required: ['a'] }, { required: ['b'] }] },
    ['{"a":1}', '{"b":1}', '{"a":1,"b":2}'],
    ['{}'],
  ],
  [
    'alternatives that exclude what all have',
    { type: 'string', oneOf: [{ type: 'null' }, { format: 'date' }] },
    ['"2024-01-01"'],
    ['null'],
  ],
  [
    'items behind the first ones',
    { type: 'array', prefixItems: [integer, string], items: { type: 'null' }, maxItems: 3 },
    ['[1,"a"]', '[1,"a",null]'],
    ['[1,"a",1]', '[1,"a",null,null]'],
  ],
  ['first items that are not limited', { type: 'array', prefixItems: [integer, string] }, ['[1,"a"]'], ['["a",1]']],
  [
    'more items than are described first',
    { type: 'array', prefixItems: [integer], minItems: 2, maxItems: 3 },
    ['[1,null]', '[1,"a",{}]'],
    ['[1]'],
  ],
  [
    'lists of an old draft',
    {
      $schema: 'http://json-schema.org/draft-07/schema#',
      type: 'array',
      items: [integer, string],
      additionalItems: false,
      minItems: 2,
    },
    ['[1,"a"]'],
    ['[1]', '[1,"a",2]'],
  ],
  [
    'fewer items than are described first',
    { type: 'array', prefixItems: [integer, string, string], maxItems: 2 },
    ['[1,"a"]'],
    ['[1,"a","b"]'],
  ],
  ['values of the type only', { type: 'integer', enum: [1, 'a', 2.5, 3] }, ['1', '3'], ['"a"', '2.5']],
];

describe('objects and lists', () => {
  test.each(CASES)('are written by %s', (_, schema, right, wrong) => {
    const texts = textsOf(schema);
    for (const each of right) expect([each, texts.takes(each)]).toEqual([each, true]);
    for (const each of wrong) expect([each, texts.takes(each)]).toEqual([each, false]);
  });

  test.each(CASES.filter(([, schema]) => !('$schema' in schema)))('are valid by %s', (_, schema) => {
    const validate = new Ajv2020({ strict: false, validateFormats: false }).compile(schema);
    const texts = textsOf(schema);
    fc.assert(
      fc.property(numbers, (stream) => {
        const text = texts.sample(() => stream.next().value ?? 0, 80);
        const answer = JSON.parse(text);
        // Names may come twice, which is left to checks.
        const names = text.match(/"[^"]*"\s*:/g) ?? [];
        fc.pre(typeof answer !== 'object' || Array.isArray(answer) || names.length <= Object.keys(answer).length);
        expect({ text, isValid: validate(answer) }).toEqual({ text, isValid: true });
      }),
      { numRuns: 100 },
    );
  });
});
