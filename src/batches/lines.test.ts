import fc from 'fast-check';
import { expect, it } from 'vitest';
import { readLines } from './lines.js';

async function* chunksOf(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function linesOf(text: string, { size = 3, maxLineBytes = 100, atByte = 0, lines = 0 } = {}) {
  const bytes = Buffer.from(text).subarray(atByte);
  const found: (readonly [number: number, text: string | undefined, endAt: number])[] = [];
  for await (const { number, bytes: line, endAt } of readLines(
    chunksOf(bytes, size),
    { atByte, lines },
    maxLineBytes,
  )) {
    found.push([number, line && Buffer.from(line).toString(), endAt]);
  }
  return found;
}

it('lines keep their numbers where others are blank', async () => {
  expect(await linesOf('\ufeffa\r\n\n  \nbc\n')).toEqual([
    [1, 'a', 6],
    [4, 'bc', 13],
  ]);
});

it('the last line needs no end', async () => {
  expect(await linesOf('a\nb')).toEqual([
    [1, 'a', 2],
    [2, 'b', 3],
  ]);
});

it('a line that is too long has no bytes, and those behind it are read', async () => {
  expect(await linesOf(`${'x'.repeat(1_000)}\nb\n`, { maxLineBytes: 10 })).toEqual([
    [1, undefined, 1_001],
    [2, 'b', 1_003],
  ]);
});

it('reading goes on where a line has ended, whatever the chunks are', async () => {
  const line = fc.string({ maxLength: 8 }).map((text) => text.replaceAll(/\s|\ufeff/g, '_'));
  await fc.assert(
    fc.asyncProperty(fc.array(line, { maxLength: 10 }), fc.integer({ min: 1, max: 9 }), async (texts, size) => {
      const text = texts.map((each) => `${each}\n`).join('');
      const all = await linesOf(text, { size });
      expect(all.map(([, each]) => each)).toEqual(texts.filter((each) => each !== ''));
      for (const [index, [number, , endAt]] of all.entries()) {
        expect(await linesOf(text, { size, atByte: endAt, lines: number })).toEqual(all.slice(index + 1));
      }
    }),
  );
});
