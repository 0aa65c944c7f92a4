import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { GbnfTexts } from '../../../../test/support/gbnf-texts.js';
import { FORMATS } from './formats.js';
import { ruleOfSchema } from './json-schema.js';
import { GrammarRules } from './rules.js';

function textsOf(schema: object, isStrict = true): GbnfTexts {
  const rules = new GrammarRules();
  return new GbnfTexts(
    rules.print(ruleOfSchema(rules, schema, { what: 'the JSON schema', reason: 'invalid_json_schema', isStrict })),
  );
}

const ajv = new Ajv2020({ strict: false });
addFormats.default(ajv);
const numbers = fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }));

/** Fails for a text of the grammar that the schema does not allow. */
function expectValid(schema: object, times: number): void {
  const validate = ajv.compile(schema);
  const texts = textsOf(schema);
  fc.assert(
    fc.property(numbers, (stream) => {
      const text = texts.sample(() => stream.next().value ?? 0, 60);
      expect({ text, isValid: validate(JSON.parse(text)) }).toEqual({ text, isValid: true });
    }),
    { numRuns: times },
  );
}

describe('a format', () => {
  const known = [...FORMATS.keys()].filter((format) => ajv.formats[format] !== undefined);

  test.each(known)('has texts that are valid: %s', (format) => {
    expectValid({ type: 'string', format }, 200);
  });

  test.each([
    [
      'date',
      ['2024-02-29', '2000-02-29', '2023-12-31'],
      ['2023-02-29', '1900-02-29', '2023-13-01', '2023-04-31', '0000-01-01'],
    ],
    ['time', ['23:59:59Z', '00:00:00.5+01:30'], ['24:00:00Z', '10:00:00', '10:00Z']],
    ['date-time', ['2024-02-29T10:00:00Z'], ['2024-02-29 10:00:00Z', '2023-02-29T10:00:00Z']],
    ['duration', ['P1D', 'PT5M', 'P2W', 'P1Y2M3DT4H'], ['P', 'PT', 'P1DT', 'P1W2D']],
    ['uuid', ['a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'], ['a0eebc99-9c0b-4ef8-cb6d-6bb9bd380a11', 'a0eebc99']],
    ['uuid4', ['a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'], ['a0eebc99-9c0b-1ef8-bb6d-6bb9bd380a11']],
    ['email', ['moses@sinai.org', 'a.b+c@x.co.uk'], ['@x.org', 'a@b', 'a b@x.org', 'a..b@x.org']],
    ['ipv4', ['0.0.0.0', '255.199.20.9'], ['256.0.0.1', '1.2.3', '01.2.3.4']],
    ['ipv6', ['::1', '::', '2001:db8::8a2e:370:7334', '1:2:3:4:5:6:7:8'], ['1:2', '1::2::3', 'g::1']],
    ['uri', ['https://example.com/a?b=c#d', 'ftp://x.org:21/'], ['example.com', 'http://', '/a/b']],
  ])('%s has the texts that are meant', (format, right, wrong) => {
    const texts = textsOf({ type: 'string', format });
    for (const each of right) expect([each, texts.takes(JSON.stringify(each))]).toEqual([each, true]);
    for (const each of wrong) expect([each, texts.takes(JSON.stringify(each))]).toEqual([each, false]);
  });

  test('that says nothing of a text is passed over', () => {
    for (const format of ['password', 'binary', 'path', 'int64'])
      expect(textsOf({ type: 'string', format }).takes('"x"')).toBe(true);
  });

  test('that is not known is refused, or else a pattern says what it is', () => {
    expect(() => textsOf({ type: 'string', format: 'colour' })).toThrow(
      `the JSON schema, at '/format': the format "colour" is not known: write a 'pattern' instead, or beside it`,
    );
    expect(textsOf({ type: 'string', format: 'colour' }, false).takes('"x"')).toBe(true);
    const texts = textsOf({ type: 'string', format: 'colour', pattern: '^#[0-9a-f]{6}$' });
    expect(texts.takes('"#00ff99"')).toBe(true);
    expect(texts.takes('"red"')).toBe(false);
  });

  test('has to hold beside a pattern, unless they exclude each other', () => {
    const years = textsOf({ type: 'string', format: 'date', pattern: '^2024-' });
    expect(years.takes('"2024-02-29"')).toBe(true);
    expect(years.takes('"2023-02-28"')).toBe(false);
    expect(years.takes('"2024-02-30"')).toBe(false);
    // As zod writes z.iso.time(): a time without its zone.
    const times = textsOf({ type: 'string', format: 'time', pattern: '^(?:[01]\\d|2[0-3]):[0-5]\\d$' });
    expect(times.takes('"10:30"')).toBe(true);
  });
});

describe('a pattern', () => {
  test.each([
    { pattern: '^[a-z]{2,4}$' },
    { pattern: 'moses' },
    { pattern: '^["\\\\/\\n\\t\\u0000-\\u001f]+$' },
    { pattern: '^(?!a)(?=.*b)[ab😀]{2,}$' },
    { pattern: '^[^a]{3}$', minLength: 3 },
    { pattern: '^\\s\\S\\w\\W\\d\\D$' },
    { pattern: 'a', minLength: 4, maxLength: 6 },
    { pattern: '^(?!^[-+.]*$)[+-]?0*\\d*\\.?\\d*$' },
    {
      pattern:
        "^(?!\\.)(?!.*\\.\\.)([A-Za-z0-9_'+\\-\\.]*)[A-Za-z0-9_+-]@([A-Za-z0-9][A-Za-z0-9\\-]*\\.)+[A-Za-z]{2,}$",
    },
  ])('has texts that match: %j', (keywords) => {
    expectValid({ type: 'string', ...keywords }, 200);
  });

  test.each(['"', '\\', '\n', '\u0000', '\u001f', '\u007f', 'ü', '😀', '/'])(
    'takes the character %j as JSON writes it',
    (character) => {
      const code = character.codePointAt(0)?.toString(16) ?? '';
      const written = character === '\u007f' ? '"\\u007f"' : JSON.stringify(character);
      expect(textsOf({ type: 'string', pattern: `^\\u{${code}}$` }).takes(written)).toBe(true);
      expect(textsOf({ type: 'string', pattern: `^[^\\u{${code}}]$` }).takes(written)).toBe(false);
      expect(textsOf({ type: 'string', pattern: '^[^]x?$' }).takes(written)).toBe(true);
    },
  );

  test('that is too large is left to checks', () => {
    expect(textsOf({ type: 'string', pattern: 'a.{20}b.{20}$' }).takes('"x"')).toBe(true);
  });

  test.each([
    [
      { pattern: '(?<=a)b' },
      "at '/pattern': the pattern is not supported at character 4: write it without look-behind, back references, \\b and \\p{…}",
    ],
    [
      { pattern: '(' },
      "at '/pattern': the pattern is not supported at character 2: write it without look-behind, back references, \\b and \\p{…}",
    ],
    [{ pattern: 1 }, "at '/pattern': expected a regular expression, got 1"],
    [{ pattern: 'a^' }, "at '/': no text has this pattern, format and length"],
    [{ pattern: '^a{3}$', maxLength: 2 }, "at '/': no text has this pattern, format and length"],
    [{ pattern: 'a{0,1000}'.repeat(20) }, "at '/pattern': the pattern is too large: it has more than 10000 states"],
  ])('that cannot be generated or checked is refused: %j', (keywords, problem) => {
    expect(() => textsOf({ type: 'string', ...keywords })).toThrow(`the JSON schema, ${problem}`);
    expect(textsOf({ type: 'string', ...keywords }, false).takes('"aaa"')).toBe(true);
  });

  test('is made into rules once, wherever it comes', () => {
    const rules = new GrammarRules();
    const name = { type: 'string', format: 'email' };
    const properties = Object.fromEntries(Array.from({ length: 200 }, (_, at) => [`p${at}`, name]));
    ruleOfSchema(
      rules,
      { type: 'object', properties },
      { what: 'the JSON schema', reason: 'invalid_json_schema', isStrict: true },
    );
    expect(rules.left).toBeGreaterThan(4_000);
  });
});
