import { describe, expect, it } from 'vitest';
import { TextBytes } from './text-bytes.js';

const textOf = (bytes: TextBytes, from = 0) => Buffer.from(bytes.from(from)).toString();

describe('a text put together as bytes', () => {
  it('has its pieces one behind the other, whatever their length', () => {
    const bytes = new TextBytes();
    const long = 'é'.repeat(10_000);
    bytes.add(Buffer.from('a'));
    bytes.addText(long);
    expect(bytes.addPlain('c'.repeat(10_000))).toBe(true);
    expect(textOf(bytes)).toBe(`a${long}${'c'.repeat(10_000)}`);
    expect(bytes.length).toBe(30_001);
    expect(textOf(bytes, 30_000)).toBe('c');
  });

  it('takes no text as plain that JSON would write in another way', () => {
    const codes = Array.from({ length: 0x180 }, (_, code) => String.fromCharCode(code));
    const refused = codes.filter((code) => new TextBytes().addPlain(`a${code}`) === false);
    expect(refused).toEqual(codes.filter((code) => code >= '\x7f' || JSON.stringify(code) !== `"${code}"`));
    const bytes = new TextBytes();
    bytes.addText('before');
    expect(bytes.addPlain('a"')).toBe(false);
    bytes.addText(' after');
    expect(textOf(bytes)).toBe('before after');
  });

  it('begins anew, also after a text of a size that is not kept', () => {
    const bytes = new TextBytes();
    for (const size of [10, 3_000_000, 10]) {
      bytes.cut(0);
      bytes.addText('x'.repeat(size));
      expect(textOf(bytes)).toBe('x'.repeat(size));
    }
    bytes.cut(3);
    expect(textOf(bytes)).toBe('xxx');
  });
});
