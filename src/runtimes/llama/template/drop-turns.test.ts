import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { firstThatFits, shorterConversations } from './drop-turns.js';

const message = (role: string, content: string) => ({ role, content });

describe('what may be left of a conversation', () => {
  test('is without its oldest turns, but with its instructions', () => {
    const [system, ...said] = [
      message('system', 'be brief'),
      message('user', 'a'),
      message('assistant', 'call'),
      message('tool', 'result'),
      message('user', 'b'),
      message('assistant', 'c'),
      message('user', 'd'),
    ];
    const shorter = shorterConversations({ messages: [system, ...said], tools: [] });
    expect(shorter).toEqual([
      { messages: [system, ...said], tools: [] },
      { messages: [system, ...said.slice(3)], tools: [] },
      { messages: [system, ...said.slice(5)], tools: [] },
    ]);
  });

  test.each([
    [[message('user', 'a')]],
    [[message('system', 'a')]],
    [[message('assistant', 'a'), message('tool', 'b')]],
  ])('is all of %j', (messages) => {
    expect(shorterConversations({ messages })).toEqual([{ messages }]);
  });
});

test('the first that fits is found, in few attempts', async () => {
  const property = fc.asyncProperty(fc.nat(200), fc.nat(250), async (count, fitsFrom) => {
    let attempts = 0;
    const found = await firstThatFits([...Array(count).keys()], async (candidate) => {
      attempts++;
      return candidate >= fitsFrom ? candidate : undefined;
    });
    expect(found).toBe(fitsFrom < count ? fitsFrom : undefined);
    expect(attempts).toBeLessThanOrEqual(10);
  });
  await fc.assert(property);
});
