import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { invalidArgument, MillraceError } from './errors.js';
import { joinMessages, Message, msg, wordingOf } from './message.js';
import { modelAside, namedModel, namedRunner, namedVersion } from './named-model.js';

const REF = { name: 'm', version: 1 };

describe('a message', () => {
  it('reads as the text that a template gives', () => {
    expect(String(msg`${namedVersion('m', 2)} has ${3} rows of ${4n}, ${'text'}`)).toBe(
      "version 2 of model 'm' has 3 rows of 4, text",
    );
    expect(`${msg`step ${0}${modelAside('m')}: ${namedRunner('m', 'm/1#0')} is gone`}`).toBe(
      "step 0 (model 'm'): runner m/1#0 is gone",
    );
  });

  it('keeps the models of the messages and errors in it', () => {
    const inner = invalidArgument(msg`the queue of ${namedModel(REF)} is full`);
    const outer = new MillraceError('unavailable', msg`step ${1}${modelAside('a')}: ${inner}`);
    expect(outer.message).toBe("step 1 (model 'a'): the queue of model 'm/1' is full");
    expect(outer.parts).toEqual([
      'step 1',
      { model: 'a', text: " (model 'a')", role: 'aside' },
      ': the queue of ',
      { model: 'm', text: "model 'm/1'", role: 'name' },
      ' is full',
    ]);
    expect(joinMessages([wordingOf(outer), 'and more'], '; ')).toEqual(msg`${outer}; and more`);
  });

  it('has no parts where it names no model', () => {
    expect(invalidArgument(msg`there are ${2}`).parts).toBeUndefined();
    expect(invalidArgument('there are 2').parts).toBeUndefined();
  });

  it('is only its text where somebody has written another one since', () => {
    const error = invalidArgument(msg`${namedModel(REF)} is not loaded`);
    error.message = 'it is not loaded';
    expect(wordingOf(error)).toBe('it is not loaded');
  });

  it('is cut where the same text is, in whatever part', () => {
    const part = fc.oneof(
      fc.string({ maxLength: 5_000 }),
      fc.string({ maxLength: 5_000 }).map((model) => namedRunner(model, model)),
    );
    const property = fc.property(fc.array(part, { maxLength: 6 }), (parts) => {
      const whole = joinMessages(parts, '');
      const error = invalidArgument(whole);
      expect(error.message).toBe(invalidArgument(String(whole)).message);
      if (error.parts !== undefined) expect(String(new Message(error.parts))).toBe(error.message);
    });
    fc.assert(property);
  });
});
