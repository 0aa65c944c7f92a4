import { describe, expect, it } from 'vitest';
import { untilFinalMessage } from './final-message.js';

const said = (content: string) => [
  { role: 'user', content: 'Why?' },
  { role: 'assistant', content },
];

describe('a prompt that the answer goes on with', () => {
  it.each([
    ['Because', '<u>Why?</u><a>Because</a>', '<u>Why?</u><a>Because'],
    ['Because ', '<u>Why?</u><a>Because </a>', '<u>Why?</u><a>Because '],
    [' Because ', '<u>Why?</u><a>Because</a>', '<u>Why?</u><a>Because'],
    ['Why?', '<u>Why?</u><a>Why?</a>', '<u>Why?</u><a>Why?'],
  ])('ends with the last message: %j', (content, prompt, expected) => {
    expect(untilFinalMessage(prompt, said(content))).toBe(expected);
  });

  it('ends with the last of its parts', () => {
    const content = [
      { type: 'text', text: 'Be' },
      { type: 'text', text: 'cause' },
    ] as const;
    expect(untilFinalMessage('<a>Because</a>', [{ role: 'assistant', content }])).toBe('<a>Because');
  });

  it('cannot be made of a message without a text, or one that the template changes', () => {
    expect(() => untilFinalMessage('<a> </a>', said(' '))).toThrow(
      "parameter 'continue_final_message': expected the last message to have a text",
    );
    expect(() => untilFinalMessage('<a>BECAUSE</a>', said('Because'))).toThrow(
      'it does not write the last message as it is, so no answer can go on with it',
    );
  });
});
