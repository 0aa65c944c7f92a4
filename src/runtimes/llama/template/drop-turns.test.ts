import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { firstThatFits, Turns } from './drop-turns.js';

const message = (role: string, content: string) => ({ role, content });
const all = (turns: Turns) => Array.from({ length: turns.count }, (_, dropped) => turns.without(dropped));

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
    const turns = new Turns({ messages: [system, ...said], tools: [] });
    expect(all(turns)).toEqual([
      { messages: [system, ...said], tools: [] },
      { messages: [system, ...said.slice(3)], tools: [] },
      { messages: [system, ...said.slice(5)], tools: [] },
    ]);
    expect([0, 1, 2].map((dropped) => turns.lengthWithout(dropped))).toEqual([7, 4, 2]);
  });

  test.each([
    [[message('user', 'a')]],
    [[message('system', 'a')]],
    [[message('assistant', 'a'), message('tool', 'b')]],
  ])('is all of %j', (messages) => {
    expect(all(new Turns({ messages }))).toEqual([{ messages }]);
  });

  test('is guessed by what each message takes, from the newest one back', () => {
    const messages = ['a', 'bb', 'ccc', 'dddd', 'eeeee'].map((content) => message('user', content));
    const turns = new Turns({ messages: [message('system', 'ss'), ...messages] });
    const asked: unknown[] = [];
    const guess = (room: number) =>
      turns.guess(room, ({ content }) => {
        asked.push(content);
        return String(content).length;
      });
    expect([17, 16, 11, 10, 1].map(guess)).toEqual([0, 1, 3, 4, 4]);
    asked.length = 0;
    guess(11);
    expect(asked).toEqual(['ss', 'eeeee', 'dddd', 'ccc']);
  });
});

test('the first that fits is found, in few attempts, and in two where the guess is right', () => {
  const property = fc.property(fc.nat(200), fc.nat(250), fc.nat(200), (count, fitsFrom, guess) => {
    const found = (from: number) => {
      let attempts = 0;
      const made = firstThatFits(count, from, (candidate) => {
        attempts++;
        expect(candidate).toBeLessThan(count);
        return candidate >= fitsFrom ? candidate : undefined;
      });
      expect(made).toBe(fitsFrom < count ? fitsFrom : undefined);
      return attempts;
    };
    expect(found(guess)).toBeLessThanOrEqual(17);
    if (fitsFrom < count) expect(found(fitsFrom)).toBeLessThanOrEqual(2);
  });
  fc.assert(property);
});
