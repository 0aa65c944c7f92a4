import { describe, expect, it } from 'vitest';
import { type Part, readMultipart } from './multipart.js';

const TYPE = 'multipart/form-data; boundary=xyz';
const form = (...parts: readonly string[]) =>
  Buffer.from(`${parts.map((part) => `--xyz\r\n${part}\r\n`).join('')}--xyz--\r\n`);
const texts = (parts: readonly Part[]) =>
  parts.map(({ name, type, data }) => [name, type, Buffer.from(data).toString()]);
const read = (body: Uint8Array, type = TYPE) => texts(readMultipart(body, type, 3));

describe('readMultipart', () => {
  it('reads fields and files', () => {
    const body = form(
      'Content-Disposition: form-data; name="data"; filename="a.jpg"\r\nContent-Type: image/JPEG; q=1\r\n\r\n\r\nab\r\n',
      'content-disposition: form-data; name=x\r\n\r\n',
    );
    expect(read(body)).toEqual([
      ['data', 'image/jpeg', '\r\nab\r\n'],
      ['x', '', ''],
    ]);
  });

  it('reads what is before the first field and behind the last as nothing', () => {
    const body = Buffer.from('hello\r\n--xyz  \r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--xyz--bye');
    expect(read(body)).toEqual([['a', '', '1']]);
    expect(read(Buffer.from('--xyz--'))).toEqual([]);
  });

  it.each([
    ['a%22b', 'a"b'],
    ['a\\"b\\\\', 'a"b\\'],
    ['é', 'é'],
  ])('reads the name %s', (written, name) => {
    const [[got] = []] = read(form(`Content-Disposition: form-data; filename="f"; name="${written}"\r\n\r\n1`));
    expect(got).toBe(name);
  });

  it('does not copy the data', () => {
    const body = form('Content-Disposition: form-data; name="a"\r\n\r\n123');
    const [part] = readMultipart(body, TYPE, 1);
    expect(part?.data.buffer).toBe(body.buffer);
  });

  const NAMED = 'Content-Disposition: form-data; name="a"';
  it.each([
    ['no boundary', Buffer.from(''), 'multipart/form-data', 'expected a boundary of at most 70 characters in its type'],
    ['an empty body', Buffer.from(''), TYPE, "malformed at byte 0: expected '--xyz'"],
    ['a boundary inside a line', Buffer.from('a--xyz--'), TYPE, "malformed at byte 0: expected '--xyz'"],
    ['text behind a boundary', Buffer.from('--xyzz\r\n'), TYPE, 'malformed at byte 5: expected the end of the line'],
    [
      'no end',
      Buffer.from(`--xyz\r\n${NAMED}\r\n\r\n1`),
      TYPE,
      "malformed at byte 51: expected '--xyz' behind the field",
    ],
    [
      'headers without an end',
      Buffer.from(`--xyz\r\n${NAMED}\r\n`),
      TYPE,
      'malformed at byte 5: expected the end of headers of at most 8192 bytes',
    ],
    [
      'long headers',
      form(`${NAMED}\r\nx: ${'y'.repeat(9_000)}\r\n\r\n1`),
      TYPE,
      'malformed at byte 5: expected the end of headers of at most 8192 bytes',
    ],
    [
      'a field without a name',
      form('Content-Disposition: form-data\r\n\r\n1'),
      TYPE,
      `malformed at byte 5: expected a header 'Content-Disposition: form-data; name="…"'`,
    ],
    [
      'base64',
      form(`${NAMED}\r\nContent-Transfer-Encoding: base64\r\n\r\n1`),
      TYPE,
      'malformed at byte 5: expected a field that is not encoded',
    ],
    ['many fields', form(...Array(4).fill(`${NAMED}\r\n\r\n1`)), TYPE, 'expected at most 3 fields, got more'],
  ])('refuses %s', (_, body, type, message) => {
    expect(() => read(body, type)).toThrow(`the form: ${message}`);
  });
});
