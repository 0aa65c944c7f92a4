import { describe, expect, it } from 'vitest';
import { Fields } from './fields.js';
import { IgnoredNames } from './ignored-names.js';

function read(value: object, unknown: 'warn' | 'refuse' = 'warn') {
  const ignored = new IgnoredNames(unknown);
  const fields = Fields.of(value, '', ignored);
  fields.any('messages');
  fields.any('top_p');
  fields.ignore('user');
  fields.hint(['cache_prompt', 'store'], false);
  fields.end();
  return ignored.names;
}

describe('members of a request that have no effect', () => {
  it.each([
    [{ messages: [], top_p: 1 }, []],
    [{ user: 'me', store: false, cache_prompt: null, colour: null }, []],
    [{ cache_prompt: true, colour: 'blue', store: true }, ['cache_prompt', 'store', 'colour']],
    // Names of less than 5 characters are near to everything.
    [{ topp: 1, top: 1, nets: 1 }, ['topp', 'top', 'nets']],
  ])('are noted where they would have one: %j', (value, names) => {
    expect(read(value)).toEqual(names);
  });

  it.each([
    [{ top_pp: 1 }, "'top_pp' is not a known parameter; did you mean 'top_p'?"],
    [{ message: [] }, "'message' is not a known parameter; did you mean 'messages'?"],
    [{ mesages_: [] }, "'mesages_' is not a known parameter; did you mean 'messages'?"],
    [{ 'a b': 1 }, "'a b' is not a known parameter"],
    [{ äää: 1 }, "'äää' is not a known parameter"],
    [{ ['x'.repeat(65)]: 1 }, `'${'x'.repeat(65)}' is not a known parameter`],
    [Object.fromEntries(Array.from({ length: 21 }, (_, index) => [`z${index}`, 1])), "'z20' is not a known parameter"],
  ])('are refused where they were meant to be others, or cannot be named: %j', (value, message) => {
    expect(() => read(value)).toThrow(message);
  });

  it('are refused where that is the setting', () => {
    expect(() => read({ colour: 1 }, 'refuse')).toThrow("'colour' is not a known parameter");
    expect(read({ cache_prompt: true }, 'refuse')).toEqual(['cache_prompt']);
  });

  it('are named once, whatever the index of the object that has them', () => {
    const ignored = new IgnoredNames('warn');
    const request = Fields.of({}, '', ignored);
    for (const [index, part] of [{ cache_control: {} }, { cache_control: {}, weight: 1 }].entries()) {
      const fields = request.inner(part, `messages[0].content[${index}]`);
      fields.hint(['cache_control']);
      fields.end();
    }
    expect(ignored.names).toEqual(['messages.content.cache_control', 'messages.content.weight']);
  });

  it('are refused where nothing notes them', () => {
    const fields = Fields.of({ hint: 1, colour: 1 }, 'text');
    fields.hint(['hint']);
    expect(() => fields.end()).toThrow("'text.colour' is not a known parameter");
  });
});
