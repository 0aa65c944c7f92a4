import { deserialize, serialize } from 'node:v8';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { errorData, errorOf } from './error-data.js';
import { ERROR_CODES, ERROR_REASONS, MillraceError } from './errors.js';
import { joinMessages, Message } from './message.js';
import { modelAside, namedModel } from './named-model.js';

const message = fc
  .array(fc.oneof(fc.string(), fc.string().map(namedModel), fc.string().map(modelAside)))
  .map((parts) => joinMessages(parts, ' '));
const subject = fc.record(
  { model: fc.string(), input: fc.string(), parameter: fc.string() },
  { requiredKeys: ['parameter'] },
);
const errors = fc
  .record({
    code: fc.constantFrom(...ERROR_CODES),
    message,
    reason: fc.option(fc.constantFrom(...ERROR_REASONS), { nil: undefined }),
    subject: fc.option(subject, { nil: undefined }),
  })
  .map(({ code, message: text, ...options }) => new MillraceError(code, text, options));

const facts = (error: MillraceError) => [error.code, error.message, error.reason, error.subject, error.parts];

describe('an error as data', () => {
  it.each([
    ['JSON', (data: unknown) => JSON.parse(JSON.stringify(data))],
    ['structured clones', (data: unknown) => deserialize(serialize(data))],
  ])('is the same error behind a pipe or a thread: %s', (_form, send) => {
    const property = fc.property(errors, (error) => {
      expect(facts(errorOf(send(errorData(error))))).toEqual(facts(error));
    });
    fc.assert(property);
  });

  it('is an error whatever it is', () => {
    const value = fc.oneof(fc.anything(), fc.constantFrom(...ERROR_CODES), fc.array(fc.anything()), fc.string());
    const data = fc.record(
      {
        code: value,
        message: value,
        reason: value,
        subject: fc.oneof(value, fc.dictionary(fc.string(), value)),
        parts: value,
      },
      { requiredKeys: [] },
    );
    const property = fc.property(fc.oneof(data, fc.anything()), (given) => {
      const { code, message: text, reason, parts } = errorOf(given);
      expect(ERROR_CODES).toContain(code);
      expect(reason === undefined || ERROR_REASONS.includes(reason)).toBe(true);
      if (parts !== undefined) expect(String(new Message(parts))).toBe(text);
    });
    fc.assert(property);
  });

  const mention = { model: 'm', text: "model 'm'", role: 'name' };
  it.each([
    ['make up another message', ["not model 'm'", mention]],
    ['are no list', mention],
    ['name a model by no text', [{ ...mention, model: 5 }]],
    ['name a model at great length', [{ ...mention, model: 'm'.repeat(1_025) }]],
    ['have no role', [{ ...mention, role: 'constructor' }]],
    ['are very many', [mention, ...Array(256).fill('')]],
  ])('has no parts where they %s', (_which, parts) => {
    expect(errorOf({ code: 'internal', message: "model 'm'", parts }).parts).toBeUndefined();
  });

  it('has of a subject what is known and short', () => {
    const given = { parameter: 'seed', model: 'm'.repeat(1_025), input: 5, other: 'x' };
    expect(errorOf({ code: 'internal', message: '', subject: given }).subject).toEqual({ parameter: 'seed' });
    expect(errorOf({ code: 'internal', message: '', subject: Object.create(given) }).subject).toBeUndefined();
  });

  it('is internal where its code is none', () => {
    expect(facts(errorOf({ code: 'toString', message: 'x' }))).toEqual([
      'internal',
      'x',
      undefined,
      undefined,
      undefined,
    ]);
    expect(errorOf(undefined).message).toBe('a malformed error');
  });
});
