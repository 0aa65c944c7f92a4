import { beforeAll, describe, expect, it } from 'vitest';
import { idOf, TOKEN_IDS, textModelFiles } from '../../../test/support/text-model.js';
import { TextTokenizer } from './text-tokenizer.js';

const { '[CLS]': CLS, '[SEP]': SEP } = TOKEN_IDS;
let tokenizer: TextTokenizer;

beforeAll(async () => {
  tokenizer = await TextTokenizer.open(String(textModelFiles()['tokenizer.json']));
});

const spaced = (letters: string) => [...letters].join(' ');
const ids = (letters: string) => [...letters].map(idOf);

async function cut(texts: readonly [string, string], maxTokens: number, truncation: 'left' | 'right') {
  const rows = [[spaced(texts[0]), spaced(texts[1])]] as const;
  const [row] = await tokenizer.encode(rows, { maxTokens, truncation, addSpecialTokens: true });
  return [...(row?.tokens ?? [])];
}

/** As Python's library cuts them, by `longest_first`. */
describe('a pair that is too long', () => {
  it('loses tokens of its longer text only, while that suffices', async () => {
    expect(await cut(['abcdefgh', 'xy'], 8, 'right')).toEqual([CLS, ...ids('abc'), SEP, ...ids('xy'), SEP]);
    expect(await cut(['xy', 'abcdefgh'], 8, 'left')).toEqual([CLS, ...ids('xy'), SEP, ...ids('fgh'), SEP]);
  });

  it('keeps as much of both texts where both are too long, and the odd token of the longer one', async () => {
    expect(await cut(['abcdefghi', 'qrstuvw'], 8, 'right')).toEqual([CLS, ...ids('abc'), SEP, ...ids('qr'), SEP]);
    expect(await cut(['qrstuvw', 'abcdefghi'], 8, 'left')).toEqual([CLS, ...ids('vw'), SEP, ...ids('ghi'), SEP]);
    expect(await cut(['abcdefg', 'qrstuvw'], 8, 'right')).toEqual([CLS, ...ids('ab'), SEP, ...ids('qrs'), SEP]);
  });

  it('is cut at once, however many times too long it is', async () => {
    const texts = ['a'.repeat(20_000), 'z'.repeat(20_000)] as const;
    expect(await cut(texts, 7, 'right')).toEqual([CLS, ...ids('aa'), SEP, ...ids('zz'), SEP]);
  });
});
