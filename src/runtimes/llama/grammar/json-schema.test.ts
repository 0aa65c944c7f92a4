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

  test.each([
    ['minimum', { minimum: 0 }],
    ['maximum', { maximum: MOST - 1 }],
    ['minimum', { minimum: 1 - MOST }],
    ['exclusiveMinimum', { exclusiveMinimum: 0, maximum: MOST }],
    ['minimum', { minimum: MOST }],
    ['exclusiveMaximum', { exclusiveMaximum: -MOST }],
    ['maximum', { maximum: `${MOST}` }],
  ])('are refused where they are closer, or exclude all: %s in %j', (keyword, bounds) => {
    const message = `the JSON schema, at '/': the keyword '${keyword}' is not supported here in strict mode`;
    for (const type of ['integer', ['integer', 'null']]) {
      expect(() => strictly({ type, ...bounds })).toThrow(message);
      expect(() => leniently({ type, ...bounds })).not.toThrow();
    }
  });

  test.each(['number', ['integer', 'number'], 'string'])('are refused for other types: %j', (type) => {
    expect(() => strictly({ type, maximum: MOST })).toThrow("the keyword 'maximum' is not supported here");
  });
});

describe('a schema that is not strict', () => {
  test.each([
    ['pattern', { type: 'string', pattern: 'a+', maxLength: 3 }, `"\\"" char{0,3} "\\""`],
    ['a long text', { type: 'string', minLength: 1, maxLength: 5_000 }, `"\\"" char{1,} "\\""`],
    ['long lists', { type: 'array', minItems: 1_001 }, '"[" ws (value (ws "," ws value){0,})? ws "]"'],
    ['bounds', { type: 'number', minimum: 0, multipleOf: 2 }, 'number'],
    ['several schemas that all hold', { allOf: [{ type: 'string' }, { minLength: 1 }] }, 'value'],
    ['lists of schemas', { type: 'array', items: [{ type: 'string' }] }, 'array'],
    ['lists that may go on', { type: 'array', prefixItems: [{ type: 'string' }] }, 'array'],
    ['names without a schema', { type: 'object', properties: { a: true }, required: ['b'] }, 'object'],
    ['names that match', { type: 'object', propertyNames: { pattern: 'a' }, patternProperties: {} }, 'object-like'],
    ['what is never allowed', { anyOf: [false, { type: 'null' }] }, 'value | null'],
    ['what a reference has beside it', { $ref: '#/$defs/a', minLength: 1, $defs: { a: { type: 'null' } } }, 'null'],
    ['nothing else', { not: { type: 'string' }, if: {}, dependentRequired: {} }, 'value'],
  ])('passes over what cannot be promised: %s', (_, schema, rule) => {
    const any = '"{" ws (string ws ":" ws value (ws "," ws string ws ":" ws value)*)? ws "}"';
    expect(leniently(schema)).toBe(rule === 'object-like' ? any : rule);
    expect(() => strictly(schema)).toThrow(/^the JSON schema, at '/);
  });

  test('is read around what is passed over', () => {
    const properties = { a: { allOf: [true, true] }, b: { type: 'boolean', 'x-order': 1 } };
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
    [{ type: 'string', maxLength: -1 }, "at '/maxLength': expected an integer from 0 to 1000, got -1"],
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

describe('lengths and counts', () => {
  test('are refused where a grammar would have too many rules for them', () => {
    expect(() => strictly(lengths(255))).not.toThrow();
    const message = "the schema's lengths and counts add up to more than 32768";
    expect(() => strictly(lengths(256))).toThrow(`the JSON schema, at '/anyOf/255': ${message}`);
  });

  test('are passed over from there on, where the schema is not strict', () => {
    expect(leniently(lengths(255))).not.toContain('char{0,}');
    expect(leniently(lengths(257))).toMatch(/"\\"" char\{0,255\} "\\"" \| "\\"" char\{0,\} "\\""$/);
  });
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
