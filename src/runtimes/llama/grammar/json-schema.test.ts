import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ParameterValue } from '../../../core/index.js';
import { plainSchema, ruleOfSchema } from './json-schema.js';
import { GrammarRules } from './rules.js';

const READING = { what: 'the JSON schema', reason: 'invalid_json_schema' } as const;

/** The rule for a schema, with the rules that it is made of written out. */
function ruleOf(schema: unknown, isStrict: boolean): string {
  const rules = new GrammarRules();
  const root = ruleOfSchema(rules, schema, { ...READING, isStrict });
  const made = new Map([...rules.print(root).matchAll(/^(r\d+) ::= (.*)$/gm)].map(([, name, body]) => [name, body]));
  const written = (rule: string): string => rule.replaceAll(/\br\d+\b/g, (name) => written(made.get(name) ?? name));
  return written(root);
}

/** The texts of a rule that is made of literals and groups. Fails where two alternatives of a group begin alike. */
function textsOf(rule: string): readonly string[] {
  const tokens = rule.match(/"(?:[^"\\]|\\.)*"|[()|]/g) ?? [];
  let at = 0;
  const alternatives = (): string[] => {
    const all = [sequence()];
    while (tokens[at] === '|') {
      at++;
      all.push(sequence());
    }
    const begins = all.map(([text = '']) => [...text][0]);
    expect(new Set(begins).size).toBe(all.length);
    return all.flat();
  };
  const sequence = (): string[] => {
    let texts = [''];
    while (at < tokens.length && tokens[at] !== '|' && tokens[at] !== ')') {
      const token = tokens[at++] as string;
      const rest = token === '(' ? alternatives() : [JSON.parse(token) as string];
      if (token === '(') at++;
      texts = texts.flatMap((text) => rest.map((more) => text + more));
    }
    return texts;
  };
  return alternatives();
}

const strictly = (schema: unknown) => ruleOf(schema, true);
const leniently = (schema: unknown) => ruleOf(schema, false);
const MOST = Number.MAX_SAFE_INTEGER;

/** Each level has twice the ways to begin of the next one. */
function doubling(levels: number): Record<string, object> {
  const pairs = Array.from({ length: levels }, (_, at) => {
    const next = (name: string) => ({ $ref: `#/$defs/${name}${at + 1}` });
    return ['l', 'r'].map((name) => [`${name}${at}`, { anyOf: [next('l'), next('r')] }]);
  });
  const ends = ['l', 'r'].map((name, at) => [`${name}${levels}`, { type: 'string', maxLength: at }]);
  return Object.fromEntries([...pairs.flat(), ...ends]);
}

describe('bounds of integers', () => {
  test.each([
    { minimum: -MOST, maximum: MOST },
    { exclusiveMinimum: -MOST, exclusiveMaximum: MOST },
    { minimum: -(2 ** 63), maximum: 2 ** 63 },
  ])('are ignored where every integer of the grammar is within them: %j', (bounds) => {
    expect(strictly({ type: 'integer', ...bounds })).toBe('integer');
    expect(strictly({ type: ['integer', 'null'], ...bounds })).toBe('integer | null');
  });

  test('are written in digits', () => {
    expect(strictly({ type: 'integer', minimum: 0, maximum: 120 })).toBe(
      '"0" | "1" [0-1] [0-9] | "2" "0" | [1-9] [0-9]{0,1}',
    );
    expect(strictly({ type: 'integer', minimum: 1 })).toBe('[1-9] [0-9]{0,14}');
    expect(strictly({ type: 'integer', maximum: -1 })).toBe('"-" [1-9] [0-9]{0,14}');
  });
});

describe('a schema that is not strict', () => {
  test.each([
    ['a long text', { type: 'string', minLength: 1, maxLength: 5_000 }, `"\\"" char{1,} "\\""`],
    ['long lists', { type: 'array', minItems: 1_001 }, '"[" ws (value (ws "," ws value){0,})? ws "]"'],
    ['bounds that are too small', { type: 'number', minimum: 1e-300 }, 'number'],
    ['what a reference has beside it', { $ref: '#/$defs/a', minLength: 1, $defs: { a: { type: 'null' } } }, 'null'],
    ['other conditions', { not: { type: 'string' }, if: {}, dependentRequired: {} }, 'object-like'],
    [
      'repeated items',
      { type: 'array', uniqueItems: true, contains: { const: 1 } },
      '"[" ws (value (ws "," ws value){0,})? ws "]"',
    ],
  ])('and one that is strict leave to checks what they cannot write: %s', (_, schema, rule) => {
    const any = '"{" ws (string ws ":" ws value (ws "," ws string ws ":" ws value)*)? ws "}"';
    const expected = rule === 'object-like' ? any : rule;
    expect(leniently(schema)).toBe(expected);
    expect(strictly(schema)).toBe(expected);
  });

  test.each([
    ['a pattern that looks behind', { type: 'string', pattern: '(?<=a)', maxLength: 3 }, `"\\"" char{0,3} "\\""`],
    ['a format that is not known', { type: 'string', format: 'colour' }, 'string'],
    ['a keyword that is not known', { type: 'string', nullable: true }, 'string'],
    [
      'what is never allowed',
      { type: 'array', items: { anyOf: [false] } },
      '"[" ws (value (ws "," ws value){0,})? ws "]"',
    ],
    ['integers that are not there', { type: 'integer', minimum: 2, maximum: 1 }, 'integer'],
    ['schemas that exclude each other', { allOf: [{ type: 'string' }, { type: 'null' }] }, 'value'],
    ['values of another type', { type: 'string', enum: [1] }, 'value'],
    ['formats that are not checked', { not: { format: 'date' } }, 'value'],
  ])('passes over what can be neither generated nor checked: %s', (_, schema, rule) => {
    expect(leniently(schema)).toBe(rule);
    expect(() => strictly(schema)).toThrow(/^the JSON schema, at '/);
  });

  test('is read around what is passed over', () => {
    const properties = { a: { allOf: [true, true] }, b: { type: 'boolean', order: 1 } };
    expect(leniently({ type: 'object', properties, required: ['a', 'b'], additionalProperties: false })).toBe(
      '"{" ws "\\"a\\"" ws ":" ws value ws "," ws "\\"b\\"" ws ":" ws boolean ws "}"',
    );
  });

  test.each([
    [{ type: 'text' }, `at '/type': expected a type of JSON, got "text"`],
    [{ $ref: '#/$defs/x' }, "at '/$ref': there is nothing at #/$defs/x"],
    [
      { $ref: 'https://example.com/' },
      `at '/$ref': expected a reference inside the schema, got "https://example.com/"`,
    ],
    [{ enum: [] }, "at '/enum': expected a list of values"],
    [{ type: 'string', maxLength: -1 }, "at '/maxLength': expected an integer from 0 on, got -1"],
    [{ type: 'array', minItems: 3, maxItems: 2 }, "at '/maxItems': is less than minItems (3)"],
    [{ enum: Array.from({ length: 1_001 }, (_, at) => at) }, "at '/': the schema has more than 1000 values"],
    [{ allOf: [] }, "at '/allOf': expected a list of schemas"],
    [
      { $ref: '#/$defs/l0', $defs: doubling(20) },
      "at '#/$defs/l10': has more than 1000 alternatives, those of its references included",
    ],
  ])('is refused where it is wrong, or too large: %j', (schema, problem) => {
    expect(() => leniently(schema)).toThrow(`the JSON schema, ${problem}`);
  });
});

const lengths = (count: number) => ({
  anyOf: Array.from({ length: count }, (_, at) => ({ type: 'string', maxLength: at + 1 })),
});

test('lengths and counts are left to checks where a grammar would have too many rules for them', () => {
  expect(strictly(lengths(255))).not.toContain('char{0,}');
  for (const read of [strictly, leniently]) {
    // The last two: there is no room for 256, and none for 257.
    expect(read(lengths(257))).toMatch(/"\\"" char\{0,255\} "\\"" \| string$/);
  }
});

describe('values of a list', () => {
  test('share what they begin with', () => {
    const values = ['and he said unto them', 'and he said unto us', 'and he said '];
    const rule = String.raw`"\"and he said " ("unto " ("them\"" | "us\"") | "\"")`;
    expect(strictly({ enum: values })).toBe(rule);
    expect(strictly({ anyOf: [...values, 'and he said '].map((value) => ({ const: value })) })).toBe(rule);
    expect(strictly({ anyOf: [{ const: 12 }, { type: 'null' }, { const: 1 }] })).toBe('"1" ("2" | "") | null');
    expect(strictly({ enum: ['😀', '😁', 'a', 'a'] })).toBe(String.raw`"\"" ("😀\"" | "😁\"" | "a\"")`);
  });

  test('are followed by one alternative at each place, and are the same', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.string({ unit: fc.constantFrom('a', 'b', '"', '\\', '😀', '😁') }), fc.nat(200)), {
          minLength: 1,
        }),
        (values) => {
          const texts = values.map((value) => JSON.stringify(value));
          expect(textsOf(strictly({ enum: values })).toSorted()).toEqual([...new Set(texts)].toSorted());
        },
      ),
    );
  });
});

test('alternatives that are alike are one', () => {
  expect(strictly({ anyOf: Array(900).fill({ type: 'string' }) })).toBe('string');
});

describe('a schema of a request', () => {
  test('has numbers for integers of more than 53 bits', () => {
    const schema: ParameterValue = { type: 'integer', minimum: -(2n ** 63n), maximum: 2n ** 63n - 1n };
    expect(plainSchema(schema, READING)).toEqual({ type: 'integer', minimum: -(2 ** 63), maximum: 2 ** 63 });
  });

  test('is refused where it is too long', () => {
    const schema = { description: 'x'.repeat(262_144) };
    expect(() => plainSchema(schema, READING)).toThrow(
      'the JSON schema has 262162 characters; at most 262144 are supported',
    );
  });
});

describe('a strict schema', () => {
  test.each([
    [
      { nullable: true },
      "the keyword 'nullable' is not supported in strict mode: write 'type': ['…', 'null'] or 'anyOf' with { type: 'null' }",
    ],
    [{ minumum: 1 }, "the keyword 'minumum' is not supported in strict mode: leave it out, or set strict to false"],
    [
      { dependencies: {} },
      "the keyword 'dependencies' is not supported in strict mode: write 'dependentRequired' or 'dependentSchemas'",
    ],
    [
      { not: { minumum: 1 } },
      "the keyword 'minumum' is not supported in strict mode: leave it out, or set strict to false",
      '/not',
    ],
    [{ not: { format: 'date' } }, "formats are not checked here: write a 'pattern' instead", '/not/format'],
    [
      { not: { pattern: '(' } },
      'the pattern is not supported at character 2: write it without look-behind, back references, \\b and \\p{…}',
      '/not/pattern',
    ],
    [{ contains: 1 }, 'expected a schema', '/contains'],
    [{ if: { $ref: '#/$defs/a' } }, 'there is nothing at #/$defs/a', '/if/$ref'],
    [{ dependentRequired: { a: 'b' } }, 'expected an object of lists of names, got {"a":"b"}', '/dependentRequired'],
    [{ uniqueItems: 1 }, 'expected true or false, got 1', '/uniqueItems'],
    [{ not: { minLength: -1 } }, 'expected an integer from 0 on, got -1', '/not/minLength'],
    [{ properties: { a: false }, required: ['a'] }, "'a' is required, and no value is allowed for it", '/properties/a'],
    [
      { required: ['a'], additionalProperties: false },
      "'a' is required, and no value is allowed for it",
      '/additionalProperties',
    ],
    [
      { properties: { a: {} }, minProperties: 2 },
      "is 2, but only 1 properties are described: describe others by 'additionalProperties'",
      '/minProperties',
    ],
    [{ prefixItems: [{}], items: false, minItems: 2 }, 'is 2, but there are at most 1 items', '/minItems'],
  ])('is refused where it can be neither generated nor checked: %j', (schema, problem, at = '/') => {
    expect(() => strictly(schema)).toThrow(`the JSON schema, at '${at}': ${problem}`);
  });

  test('may have what says nothing, and names of others', () => {
    const annotated = {
      title: 'T',
      description: 'D',
      default: 1,
      examples: [1],
      $comment: 'c',
      id: 'x',
      'x-order': 1,
      contentEncoding: 'base64',
    };
    expect(strictly({ type: 'boolean', ...annotated })).toBe('boolean');
  });

  test('is bounded where references double what is taken together', () => {
    const twice = Object.fromEntries(
      Array.from({ length: 40 }, (_, at) => [`d${at}`, { allOf: Array(2).fill({ $ref: `#/$defs/d${at + 1}` }) }]),
    );
    const schema = { $ref: '#/$defs/d0', $defs: { ...twice, d40: { type: 'object', properties: { a: {} } } } };
    expect(() => strictly(schema)).toThrow('is too large, or too deep, to be taken together');
    expect(leniently(schema)).toBe('value');
  });

  test.each([
    ['refers to itself twice', { $ref: '#/$defs/d', allOf: [{ $ref: '#/$defs/d' }] }],
    ['ends in no value', levels(40, 4, false)],
    ['ends in any value', levels(40, 4, true)],
  ])('is bounded where a reference %s', (_, d) => {
    const schema = { allOf: [{ $ref: '#/$defs/d' }, { type: 'object' }], $defs: { d } };
    expect(leniently(schema)).toBe('value');
  });
});

/** `allOf` of so many equal schemas, so many times within each other. */
function levels(depth: number, width: number, end: boolean): object | boolean {
  return depth === 0 ? end : { allOf: Array(width).fill(levels(depth - 1, width, end)) };
}
