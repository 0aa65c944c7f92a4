import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TextAssembler } from './text-assembler.js';

/** All that is passed on, and the stop string. */
function assemble(pieces: readonly Uint8Array[], stops: readonly string[]): { text: string; stop: string | undefined } {
  const assembler = new TextAssembler(stops);
  let all = '';
  for (const piece of pieces) {
    const { text, stop } = assembler.push(piece);
    all += text;
    if (stop !== undefined) return { text: all, stop };
  }
  const { text, stop } = assembler.end();
  return { text: all + text, stop };
}

/** Cuts bytes into pieces at random places. */
const cut = (bytes: Uint8Array, cuts: readonly number[]): Uint8Array[] => {
  const at = [...new Set([0, ...cuts.map((place) => place % (bytes.length + 1)), bytes.length])].sort((a, b) => a - b);
  return at.slice(1).map((to, index) => bytes.subarray(at[index], to));
};

describe('TextAssembler', () => {
  it('passes on text as it comes', () => {
    const assembler = new TextAssembler([]);
    expect(assembler.push(Buffer.from('The mill'))).toEqual({ text: 'The mill', stop: undefined });
    expect(assembler.push(Buffer.from(' turns'))).toEqual({ text: ' turns', stop: undefined });
    expect(assembler.end()).toEqual({ text: '', stop: undefined });
  });

  it('holds back half a character', () => {
    const assembler = new TextAssembler([]);
    const bytes = Buffer.from('ü€😀');
    const texts = Array.from(bytes, (byte) => assembler.push(Uint8Array.of(byte)).text);
    expect(texts).toEqual(['', 'ü', '', '', '€', '', '', '', '😀']);
  });

  it('makes U+FFFD of half a character at the end', () => {
    expect(assemble([Buffer.from('€').subarray(0, 2)], [])).toEqual({ text: '\ufffd', stop: undefined });
  });

  it('holds back what may be a stop string, and gives it where it is none', () => {
    const assembler = new TextAssembler(['\n\n', 'END']);
    expect(assembler.push(Buffer.from('a\n'))).toEqual({ text: 'a', stop: undefined });
    expect(assembler.push(Buffer.from('bE'))).toEqual({ text: '\nb', stop: undefined });
    expect(assembler.push(Buffer.from('N'))).toEqual({ text: '', stop: undefined });
    expect(assembler.end()).toEqual({ text: 'EN', stop: undefined });
  });

  it('ends at the stop string that is complete first', () => {
    expect(assemble([Buffer.from('one two three')], ['three', 'two', 'tw'])).toEqual({ text: 'one ', stop: 'tw' });
  });

  it('gives the same whatever the pieces are', () => {
    const words = fc
      .array(fc.constantFrom('a', 'b', 'ab', '€', '😀', '\n'), { maxLength: 20 })
      .map((list) => list.join(''));
    const stops = fc.array(fc.constantFrom('ab', 'abb€', 'b', '€a', '\n\n', '😀'), { maxLength: 3 });
    fc.assert(
      fc.property(words, stops, fc.array(fc.nat(), { maxLength: 20 }), (text, stopList, cuts) => {
        expect(assemble(cut(Buffer.from(text), cuts), stopList)).toEqual(
          assemble(
            Array.from(Buffer.from(text), (byte) => Uint8Array.of(byte)),
            stopList,
          ),
        );
      }),
    );
  });
});
