import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Ajv } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ruleOfSchema } from '../../src/runtimes/llama/grammar/json-schema.js';
import { GrammarRules } from '../../src/runtimes/llama/grammar/rules.js';
import { problemOf } from '../../src/runtimes/llama/grammar/validate.js';
import { GbnfTexts } from '../support/gbnf-texts.js';
import { bySchema, generate, PROMPT, useLlamaHost } from '../support/llama-model.js';

type Corpus = Readonly<Record<string, object>>;

const LIBRARIES = ['zod', 'pydantic', 'valibot', 'typebox'];
const SCHEMAS = LIBRARIES.flatMap((library) => {
  const file = path.resolve(import.meta.dirname, `../fixtures/schemas/${library}.json`);
  const corpus: Corpus = JSON.parse(readFileSync(file, 'utf8'));
  return Object.entries(corpus).map(([name, schema]) => [`${library}: ${name}`, schema] as const);
});
/** What is wrong with them, by name. */
const REFUSED: Readonly<Record<string, RegExp>> = {
  // Emoji are classes of Unicode.
  'zod: emoji': /the pattern is not supported at character 15/,
  'valibot: emoji': /the pattern is not supported at character 123/,
  // It is signed.
  'zod: jwt': /the format "jwt" is not known/,
  // Types and references of TypeBox's own.
  'typebox: regexp': /the keyword 'source' is not supported/,
  'typebox: regexp object': /the keyword 'source' is not supported/,
  'typebox: module': /expected a reference inside the schema, got "A"/,
};
/** Texts of them are not all valid, as the grammar cannot write what they say. */
const CHECKED: ReadonlySet<string> = new Set([
  // Its pattern and its format have too many states together, and the pattern allows more.
  'zod: email with unicode',
  'pydantic: int of a large multiple',
  'typebox: large multiple',
  'pydantic: Set',
  'pydantic: FrozenSet',
  'typebox: array of unique items',
  'typebox: not',
]);
const ACCEPTED = SCHEMAS.filter(([name]) => REFUSED[name] === undefined);

const READING = { what: 'the JSON schema', reason: 'invalid_json_schema', isStrict: true } as const;

function grammarOf(schema: object): string {
  const rules = new GrammarRules();
  return rules.print(rules.add(`ws ${ruleOfSchema(rules, schema, READING)} ws`));
}

/** By ajv as clients use it, formats included. */
function validator(schema: object): (value: unknown) => boolean {
  const isOld = JSON.stringify(schema).includes('draft-07') || /"items":\[/.test(JSON.stringify(schema));
  const ajv = new (isOld ? Ajv : Ajv2020)({
    strict: false,
    validateSchema: false,
    logger: false,
    multipleOfPrecision: 6,
  });
  addFormats.default(ajv as Ajv);
  const validate = ajv.compile(schema);
  return (value) => validate(value) === true;
}

describe('schemas of libraries', () => {
  test('are many', () => {
    expect(SCHEMAS.length).toBeGreaterThanOrEqual(300);
  });

  test.each(ACCEPTED)('are accepted as strict ones: %s', (_, schema) => {
    expect(() => grammarOf(schema)).not.toThrow();
  });

  test.each(Object.entries(REFUSED))('are refused where they cannot be: %s', (name, problem) => {
    const [, schema = {}] = SCHEMAS.find(([each]) => each === name) ?? [];
    expect(() => grammarOf(schema)).toThrow(problem);
  });

  const numbers = fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }));

  test.each(ACCEPTED.filter(([name]) => !CHECKED.has(name)))(
    'have grammars whose texts are valid: %s',
    async (_, schema) => {
      const texts = new GbnfTexts(grammarOf(schema));
      const isValid = validator(schema);
      await fc.assert(
        fc.asyncProperty(numbers, async (stream) => {
          const text = texts.sample(() => stream.next().value ?? 0, 150);
          const problem = await problemOf(text, schema, { oneOfAsAnyOf: true });
          expect({ text, problem, isValid: isValid(JSON.parse(text)) }).toEqual({
            text,
            problem: undefined,
            isValid: true,
          });
        }),
        { numRuns: 10 },
      );
    },
  );
});

describe('answers by schemas of libraries', () => {
  const { load } = useLlamaHost();
  const some = ACCEPTED.filter(([name], index) => index % 6 === 0 && !CHECKED.has(name));

  test('are valid where they end', async () => {
    const instance = await load({ slots: 1, contextTokens: 512 });
    let finished = 0;
    for (const [name, schema] of some) {
      const { text, finishReason, error } = await generate(instance, PROMPT, {
        ...bySchema(schema),
        seed: 1,
        maxTokens: 200,
      });
      expect({ name, error }).toEqual({ name, error: undefined });
      if (finishReason !== 'stop') continue;
      finished++;
      expect({ name, text, isValid: validator(schema)(JSON.parse(text)) }).toEqual({ name, text, isValid: true });
    }
    expect(finished).toBeGreaterThan(some.length / 2);
  }, 300_000);
});
