import { describe, expect, it } from 'vitest';
import { invalidArgument, invalidParameter, MillraceError } from '../../core/index.js';
import { ParameterError, placed } from '../shared/generation/parameter-error.js';
import { errorBody, UnknownIdError } from './errors.js';

const paramOf = (error: MillraceError) => errorBody(error).error.param;

describe('the param of an error', () => {
  it('is the parameter that a model refuses, or the place in the body', () => {
    expect(paramOf(invalidParameter('top_p', 'expected a number'))).toBe('top_p');
    expect(paramOf(new ParameterError('messages[0].role', 'no'))).toBe('messages[0].role');
    expect(paramOf(new UnknownIdError('model', 'model_not_found', 'no'))).toBe('model');
    const refused = placed(invalidArgument('too long', { reason: 'context_length_exceeded' }), {
      context_length_exceeded: 'messages',
    });
    expect(errorBody(refused as MillraceError).error).toMatchObject({
      param: 'messages',
      code: 'context_length_exceeded',
    });
  });

  it('is null where only the message speaks of one', () => {
    expect(paramOf(invalidArgument("parameter 'top_p': expected a number"))).toBeNull();
  });

  it('is cut where a caller made up its end', () => {
    expect(paramOf(new ParameterError('a'.repeat(600), 'no'))).toBe(`${'a'.repeat(512)}…`);
  });
});

it('reasons for which OpenAI has no word are not told', () => {
  const error = new MillraceError('unavailable', 'gone', { reason: 'out_of_memory' });
  expect(errorBody(error).error.code).toBe('unavailable');
});
