import { expect, it } from 'vitest';
import { Fields } from '../shared/generation/fields.js';
import { readMessages } from './decode-message.js';

const read = (message: object) => readMessages(Fields.of({ messages: [message] }));

it.each([
  [{ refusal: 'No.' }, {}],
  [{ reasoning_content: 'Why?' }, { reasoning_content: 'Why?' }],
  [{ reasoning: 'Why?' }, { reasoning_content: 'Why?' }],
])('an answer of the model may be without content, having %o', (given, expected) => {
  for (const content of [null, undefined]) {
    expect(read({ role: 'assistant', content, ...given })).toEqual([{ role: 'assistant', content: '', ...expected }]);
  }
});

it.each([{ role: 'user', content: null, refusal: 'No.' }])('a message that says nothing is refused: %o', (message) => {
  expect(() => read(message)).toThrow("'messages[0].content': expected a text or a list of parts, got nothing");
});
