import { expect, it } from 'vitest';
import { Fields } from '../shared/generation/fields.js';
import { mergeTurns, readItem } from './response-items.js';

it.each(['constructor', 'toString', '__proto__', 'web_search_call'])('items of the type %s are refused', (type) => {
  expect(() => readItem(Fields.of({ type }, 'input[0]'))).toThrow(
    `'input[0].type': items of type '${type}' are not supported here`,
  );
});

it('all thoughts of a turn stay', () => {
  const thought = (text: string) => ({ role: 'assistant', content: '', reasoning_content: text });
  const said = { role: 'assistant', content: 'I.' };
  expect(mergeTurns([thought('One.'), thought('Two.'), said])).toEqual([
    { role: 'assistant', content: 'I.', reasoning_content: 'One.\nTwo.' },
  ]);
  expect(mergeTurns([thought('One.'), said])).toEqual([{ ...said, reasoning_content: 'One.' }]);
  expect(mergeTurns([said, thought(''), said])).toEqual([{ ...said, reasoning_content: '' }, said]);
});
