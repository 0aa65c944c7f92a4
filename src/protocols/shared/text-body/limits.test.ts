import { describe, expect, it } from 'vitest';
import { MAX_CALLS, MAX_MESSAGES, MAX_PARTS, MAX_VALUES } from './limits.js';
import { parseBody } from './parse-body.js';

const parse = (body: unknown) => parseBody(Buffer.from(JSON.stringify(body)));
const many = (count: number, element: unknown = {}) => Array(count).fill(element);
const message = (name: string, list: readonly unknown[]) => [{ role: 'user' }, { [name]: list }];

describe('the lists of a body', () => {
  it.each([
    ['messages', 'messages', 'messages', MAX_MESSAGES, (list: unknown[]) => ({ messages: list })],
    ['items', 'input', 'items', MAX_MESSAGES, (list: unknown[]) => ({ input: list })],
    ['parts', 'messages[1].content', 'parts', MAX_PARTS, (list: unknown[]) => ({ messages: message('content', list) })],
    [
      'parts of an item',
      'input[1].content',
      'parts',
      MAX_PARTS,
      (list: unknown[]) => ({ input: message('content', list) }),
    ],
    ['outputs', 'input[1].output', 'parts', MAX_PARTS, (list: unknown[]) => ({ input: message('output', list) })],
    [
      'calls',
      'messages[1].tool_calls',
      'calls',
      MAX_CALLS,
      (list: unknown[]) => ({ messages: message('tool_calls', list) }),
    ],
  ])('have a bound: %s', (_, place, elements, most, bodyOf) => {
    expect(() => parse(bodyOf(many(most)))).not.toThrow();
    expect(() => parse(bodyOf(many(500_001)))).toThrow(
      expect.objectContaining({
        code: 'invalid_argument',
        subject: { parameter: place },
        message: `'${place}': expected at most ${most} ${elements}, got 500001`,
      }),
    );
  });
});

describe('the values of a body', () => {
  it('have a bound, whatever they are in', () => {
    const message = `the body has more than ${MAX_VALUES} values (numbers in lists do not count)`;
    const object = Object.fromEntries(many(MAX_VALUES).map((_, index) => [`k${index}`, 1]));
    for (const body of [
      { tools: many(MAX_VALUES) },
      { schema: { enum: many(MAX_VALUES, 'a') } },
      { logit_bias: object },
    ])
      expect(() => parse(body)).toThrow(message);
  });

  it('do not include the tokens of a prompt', () => {
    expect(() => parse({ prompt: many(2 * MAX_VALUES, 5) })).not.toThrow();
  });
});
