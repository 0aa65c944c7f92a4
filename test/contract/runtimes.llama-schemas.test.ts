import { describe, expect, test } from 'vitest';
import type { Instance } from '../../src/runtimes/index.js';
import { bySchema, generate, PROMPT, textItem, textOf, useLlamaHost } from '../support/llama-model.js';
import { runBatch } from '../support/test-host.js';
import { until } from '../support/until.js';

const { load } = useLlamaHost();

/** What the model writes by a schema that is not strict. */
const write = (instance: Instance, schema: object) =>
  generate(instance, PROMPT, { ...bySchema(schema, false), temperature: 0, maxTokens: 60 });

/** Numbers are read when a batch ends. */
const isCounted = (instance: Instance, mismatches: number, skipped: number) =>
  until(`${mismatches} mismatches and ${skipped} skipped checks are counted`, () => {
    const { schema_mismatches_total, schema_checks_skipped_total } = instance.statistics?.() ?? {};
    return schema_mismatches_total === mismatches && schema_checks_skipped_total === skipped;
  });

/** To check it takes twice the time with each level. */
const twice = Object.fromEntries(
  Array.from({ length: 40 }, (_, at) => [`d${at}`, { allOf: Array(2).fill({ $ref: `#/$defs/d${at + 1}` }) }]),
);

describe('an answer by a schema that is not strict', () => {
  test('is given as it is, and counted where it does not match', async () => {
    const instance = await load();
    const matching = await write(instance, { type: 'integer', minimum: -1e15, maximum: Number.MAX_SAFE_INTEGER });
    expect(matching.error).toBeUndefined();
    expect(Number.isSafeInteger(JSON.parse(matching.text))).toBe(true);
    await isCounted(instance, 0, 0);
    const wrong = await write(instance, { type: 'string', maxLength: 3, not: { maxLength: 3 } });
    expect({ error: wrong.error, finishReason: wrong.finishReason }).toEqual({
      error: undefined,
      finishReason: 'stop',
    });
    expect(JSON.parse(wrong.text)).toEqual(expect.any(String));
    await isCounted(instance, 1, 0);
  });

  test('is not checked where it was cut off', async () => {
    const instance = await load();
    const parameters = { ...bySchema({ not: {} }, false), maxTokens: 1 };
    expect((await generate(instance, PROMPT, parameters)).finishReason).toBe('length');
    await write(instance, { const: 'x', pattern: 'y' });
    await isCounted(instance, 1, 0);
  });

  // A search that tries everything would never end, or not even begin.
  test.each([
    ['^(a+)+$', 1, 0],
    [`^${'('.repeat(60)}[^a]${'){0,3}'.repeat(60)}$`, 0, 1],
  ])('is checked by the pattern %s in time', async (pattern, mismatches, skipped) => {
    const instance = await load();
    const name = `${'a'.repeat(40)}!`;
    const { text } = await write(instance, { const: { [name]: 1 }, propertyNames: { pattern } });
    expect(JSON.parse(text)).toEqual({ [name]: 1 });
    await isCounted(instance, mismatches, skipped);
  });

  test.each<[string, object]>([
    ['references that double', { const: 1, $defs: { ...twice, d40: {} }, not: { $ref: '#/$defs/d0' } }],
    ['a pattern that is not supported', { const: 'a', pattern: '(?<=a)' }],
    ['a pattern that is none', { const: 1, not: { pattern: '(' } }],
    ['a reference to nothing', { const: 1, not: { $ref: '#/nowhere' } }],
  ])('is given although it cannot be checked, as by %s', async (_, schema) => {
    const instance = await load({ slots: 2 });
    const hostile = runBatch(instance, [textItem(1, PROMPT, { ...bySchema(schema, false), maxTokens: 60 })]);
    instance.grant(1, 1_000);
    // Others of the same runner go on meanwhile.
    const other = runBatch(instance, [textItem(2, PROMPT, { maxTokens: 8, ignoreEos: true })], { id: 2 });
    instance.grant(2, 1_000);
    expect((await other).emissions.at(-1)?.finishReason).toBe('length');
    const { emissions } = await hostile;
    expect(emissions.at(-1)).toMatchObject({ finishReason: 'stop' });
    expect(JSON.parse(textOf(emissions))).toEqual((schema as { const: unknown }).const);
    await isCounted(instance, 0, 1);
    // The thread starts anew; until it has ended, which may take a busy machine more than a second, checks are skipped.
    await until('a check is counted again', async () => {
      await write(instance, { const: 1, minimum: 2 });
      return (instance.statistics?.().schema_mismatches_total ?? 0) > 0;
    });
  });
});

describe('a schema', () => {
  test('that is strict is refused where a keyword can be neither generated nor checked', async () => {
    const instance = await load();
    const { error } = await generate(instance, PROMPT, bySchema({ type: 'string', format: 'colour' }));
    expect(error).toEqual({
      code: 'invalid_argument',
      message: `the JSON schema, at '/format': the format "colour" is not known: write a 'pattern' instead, or beside it`,
      reason: 'invalid_json_schema',
    });
  });

  test('that is strict fails an answer that it does not match, as far as it is checked only', async () => {
    const instance = await load();
    const ask = (schema: object) => generate(instance, PROMPT, { ...bySchema(schema), temperature: 0, maxTokens: 60 });
    const wrong = await ask({ type: 'string', maxLength: 3, not: { maxLength: 3 } });
    expect(wrong.error).toEqual({
      code: 'internal',
      message: 'the answer does not match the schema:  must NOT be valid',
      reason: 'schema_mismatch',
    });
    const right = await ask({ type: 'string', maxLength: 3, not: { minLength: 4 } });
    expect({ error: right.error, finishReason: right.finishReason }).toEqual({
      error: undefined,
      finishReason: 'stop',
    });
    // Neither is one that was given as it is.
    await isCounted(instance, 0, 0);
  });

  test('that is strict fails an answer whose check takes too long', async () => {
    const instance = await load();
    const schema = { const: 1, $defs: { ...twice, d40: {} }, not: { $ref: '#/$defs/d0' } };
    const { error } = await generate(instance, PROMPT, { ...bySchema(schema), maxTokens: 60 });
    expect(error).toEqual({
      code: 'internal',
      message: 'the answer could not be checked by the schema: it takes longer than 1000 ms',
    });
    await isCounted(instance, 0, 1);
  });

  test.each([
    [{ type: 'text' }, `the JSON schema, at '/type': expected a type of JSON, got "text"`],
    [{ description: 'x'.repeat(262_144) }, 'the JSON schema has 262162 characters; at most 262144 are supported'],
  ])('that is wrong or too long is refused even if it is not strict', async (schema, message) => {
    const { error } = await write(await load(), schema);
    expect(error).toEqual({ code: 'invalid_argument', message, reason: 'invalid_json_schema' });
  });

  test('that is strict may have the bounds of safe integers', async () => {
    const instance = await load();
    const schema = { type: 'integer', minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER };
    // Digits as long as there may be any: tokens of bytes come behind the three that control the model.
    const logitBias = Object.fromEntries([...'0123456789'].map((digit) => [String(digit.charCodeAt(0) + 3), 50]));
    const { text, error, finishReason } = await generate(instance, PROMPT, {
      ...bySchema(schema),
      logitBias,
      temperature: 0,
      maxTokens: 60,
    });
    expect({ error, finishReason }).toEqual({ error: undefined, finishReason: 'stop' });
    expect(Number.isSafeInteger(JSON.parse(text))).toBe(true);
    expect(text.trim().length).toBeGreaterThanOrEqual(15);
  });
});
