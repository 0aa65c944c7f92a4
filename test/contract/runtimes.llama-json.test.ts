import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bySchema, generate, PROMPT, textItem, textOf, useLlamaHost } from '../support/llama-model.js';
import { runBatch } from '../support/test-host.js';

const { load } = useLlamaHost();
/** Under load, and with coverage. */
const LIMIT_MS = 180_000;
const SCHEMAS = 80;
/** As many as there are slots. */
const TOGETHER = 4;

describe('an answer that has to be JSON', () => {
  const leaf: fc.Arbitrary<object> = fc.oneof(
    fc.constantFrom(
      { type: 'integer' },
      { type: 'boolean' },
      { type: 'null' },
      { type: ['string', 'null'], maxLength: 5 },
    ),
    fc.record({
      enum: fc.array(fc.oneof(fc.string({ maxLength: 6 }), fc.integer(), fc.boolean()), { minLength: 1, maxLength: 4 }),
    }),
    fc.record({ type: fc.constant('string'), minLength: fc.nat(2), maxLength: fc.integer({ min: 2, max: 6 }) }),
  );
  const { schema } = fc.letrec<{ schema: object }>((tie) => ({
    schema: fc.oneof(
      { maxDepth: 2, depthSize: 'small' },
      leaf,
      fc.record({
        type: fc.constant('array'),
        items: tie('schema'),
        minItems: fc.nat(2),
        maxItems: fc.integer({ min: 2, max: 3 }),
      }),
      // Not '"' alone: JSON.parse of Node 24.21 takes a name that is one escaped character for its backslash.
      fc.dictionary(fc.constantFrom('a', 'b', 'ü', 'a"', 'b\\'), tie('schema'), { maxKeys: 3 }).chain((properties) =>
        fc.record({
          type: fc.constant('object'),
          properties: fc.constant(properties),
          required: fc.subarray(Object.keys(properties)),
          additionalProperties: fc.constant(false),
        }),
      ),
      fc.record({ anyOf: fc.array(tie('schema'), { minLength: 1, maxLength: 2 }) }),
    ),
  }));

  const asked = fc.record({
    schema,
    prompt: fc.constantFrom(PROMPT, 'And he said, {', 'Write it down: ', '[1, 2, "'),
    seed: fc.nat(),
  });

  test(
    'is what its schema allows, whenever it ends by itself',
    async () => {
      const instance = await load({ slots: 4 });
      let finished = 0;
      await fc.assert(
        fc.asyncProperty(fc.array(asked, { minLength: TOGETHER, maxLength: TOGETHER }), async (requests) => {
          const answers = requests.map(async ({ schema: wanted, prompt, seed }, id) => {
            const parameters = { ...bySchema(wanted), seed, temperature: 1, maxTokens: 100 };
            const running = runBatch(instance, [textItem(id, prompt, parameters)], { id });
            instance.grant(id, 1_000);
            const { emissions } = await running;
            const { error, finishReason } = emissions.at(-1) ?? {};
            expect(error).toBeUndefined();
            if (finishReason !== 'stop') return;
            finished++;
            const text = textOf(emissions);
            const valid = new Ajv2020({ strict: false }).validate(wanted, JSON.parse(text));
            expect({ text, valid }).toEqual({ text, valid: true });
          });
          await Promise.all(answers);
        }),
        { numRuns: SCHEMAS / TOGETHER, endOnFailure: true },
      );
      expect(finished).toBeGreaterThan(SCHEMAS / 4);
    },
    LIMIT_MS,
  );

  test('is not made of tokens that control the model and are no text', async () => {
    const instance = await load();
    // The first token begins texts: a grammar would take its name, <s>, for three characters.
    const { text, error } = await generate(instance, PROMPT, {
      ...bySchema({ type: 'string', minLength: 4, maxLength: 6 }),
      logitBias: { 1: 100 },
      temperature: 0,
      maxTokens: 40,
    });
    expect(error).toBeUndefined();
    expect(JSON.parse(text).length).toBeGreaterThanOrEqual(4);
  });

  // llama.cpp would take FC and three more bytes, or half of a pair of surrogates, for a character: no decoder of UTF-8 does.
  test.each([[0xfc], [0xf5], [0xc1], [0xed, 0xa0], [0xed, 0xbf]])(
    'has only characters that there are: not %s…',
    async (...bytes) => {
      const instance = await load();
      const { text, error } = await generate(instance, PROMPT, {
        ...bySchema({ type: 'string', minLength: 4, maxLength: 6 }),
        // Tokens of bytes come behind the three that control the model.
        logitBias: Object.fromEntries(bytes.map((byte, index) => [byte + 3, 90 + index])),
        temperature: 0,
        maxTokens: 60,
      });
      expect(error).toBeUndefined();
      expect([...JSON.parse(text)].length).toBeGreaterThanOrEqual(4);
      expect(text).not.toContain('\ufffd');
    },
  );

  test('is any object where there is no schema', async () => {
    const instance = await load();
    const { text, finishReason } = await generate(instance, PROMPT, {
      responseFormat: { type: 'json_object' },
      temperature: 0,
      maxTokens: 200,
    });
    expect(text.trimStart()).toMatch(/^\{/);
    if (finishReason === 'stop') JSON.parse(text);
  });

  test('may be as deep as its schema refers to itself', async () => {
    const instance = await load();
    const list = {
      type: 'object',
      properties: { next: { anyOf: [{ $ref: '#' }, { type: 'null' }] } },
      required: ['next'],
    };
    const { text, finishReason } = await generate(instance, PROMPT, {
      ...bySchema(list),
      temperature: 0,
      maxTokens: 200,
    });
    if (finishReason === 'stop') expect(new Ajv2020().validate(list, JSON.parse(text))).toBe(true);
    else expect(text).toMatch(/^\s*\{\s*"next"/);
  });

  test('may be of an older draft of JSON Schema, by any name', async () => {
    const instance = await load();
    const schema = {
      $schema: 'http://json-schema.org/draft-07/schema#',
      $id: 'mood of today',
      properties: { mood: { enum: ['calm'] } },
      required: ['mood'],
      additionalProperties: false,
      type: 'object',
    };
    const { text, finishReason, error } = await generate(instance, PROMPT, {
      ...bySchema(schema),
      maxTokens: 200,
    });
    expect({ finishReason, error }).toEqual({ finishReason: 'stop', error: undefined });
    expect(JSON.parse(text)).toEqual({ mood: 'calm' });
  });

  test.each([
    [
      { type: 'string', pattern: '(?<=a)' },
      "at '/pattern': the pattern is not supported at character 4: write it without look-behind, back references, \\b and \\p{…}",
    ],
    [
      { properties: { a: { nullable: true } } },
      "at '/properties/a': the keyword 'nullable' is not supported in strict mode: write 'type': ['…', 'null'] or 'anyOf' with { type: 'null' }",
    ],
    [{ $ref: '#/$defs/x' }, "at '/$ref': there is nothing at #/$defs/x"],
    [{ $ref: '#' }, "at '/$ref': refers to itself and nothing else"],
    [{ type: 'array', minItems: 3, maxItems: 2 }, "at '/maxItems': is less than minItems (3)"],
    [{ type: 'text' }, `at '/type': expected a type of JSON, got "text"`],
  ])('refuses the schema %j', async (schema, problem) => {
    const instance = await load();
    const { error } = await generate(instance, PROMPT, bySchema(schema));
    const message = `the JSON schema, ${problem}`;
    expect(error).toEqual({ code: 'invalid_argument', message, reason: 'invalid_json_schema' });
  });
});
