import { describe, expect, it } from 'vitest';
import { readPlainHead } from './plain-head.js';

const HOST = 'Host: localhost:8000\r\n';
const LENGTH = 'Content-Length: 12\r\n';
const LINE = 'POST /v2/models/m/infer HTTP/1.1\r\n';

describe('the head of a plain request', () => {
  it('is what node:http gives', () => {
    const text = `POST /v2/models/m/infer?a=b HTTP/1.1\r\n${HOST}${LENGTH}X-Latin: \xe9\t \r\nEmpty:\r\nconnection: Keep-Alive\r\n`;
    expect(readPlainHead(text)).toEqual({
      method: 'POST',
      url: '/v2/models/m/infer?a=b',
      headers: {
        host: 'localhost:8000',
        'content-length': '12',
        'x-latin': '\xe9',
        empty: '',
        connection: 'Keep-Alive',
      },
      comesOnce: true,
      rawHeaders: [
        ...[
          'Host',
          'localhost:8000',
          'Content-Length',
          '12',
          'X-Latin',
          '\xe9',
          'Empty',
          '',
          'connection',
          'Keep-Alive',
        ],
      ],
      httpVersion: '1.1',
      httpVersionMajor: 1,
      httpVersionMinor: 1,
      complete: true,
      bodyBytes: 12,
    });
  });

  it.each([
    ['another method', `GET /v2/models/m/infer HTTP/1.1\r\n${HOST}${LENGTH}`],
    ['another version', `POST /v2/models/m/infer HTTP/1.0\r\n${HOST}${LENGTH}`],
    ['a URL of a server', `POST http://localhost/v2 HTTP/1.1\r\n${HOST}${LENGTH}`],
    ['a fragment', `POST /v2#part HTTP/1.1\r\n${HOST}${LENGTH}`],
    ['a space too many', `POST  /v2 HTTP/1.1\r\n${HOST}${LENGTH}`],
    ['an empty line before it', `\r\n${LINE}${HOST}${LENGTH}`],
    ['no host', `${LINE}${LENGTH}`],
    ['two hosts', `${LINE}${HOST}host: localhost:8000\r\n${LENGTH}`],
    ['no length', `${LINE}${HOST}`],
    ['two lengths', `${LINE}${HOST}${LENGTH}${LENGTH}`],
    ['a length with a sign', `${LINE}${HOST}Content-Length: +12\r\n`],
    ['a length with a leading zero', `${LINE}${HOST}Content-Length: 012\r\n`],
    ['a length with a tab behind it', `${LINE}${HOST}Content-Length: 12\t\r\n`],
    ['a list of lengths', `${LINE}${HOST}Content-Length: 12, 12\r\n`],
    ['a length in hexadecimal', `${LINE}${HOST}Content-Length: 0xc\r\n`],
    ['a length without end', `${LINE}${HOST}Content-Length: 99999999999\r\n`],
    ['chunks', `${LINE}${HOST}${LENGTH}Transfer-Encoding: chunked\r\n`],
    ['an expectation', `${LINE}${HOST}${LENGTH}Expect: 100-continue\r\n`],
    ['an upgrade', `${LINE}${HOST}${LENGTH}Upgrade: h2c\r\n`],
    ['a connection that ends', `${LINE}${HOST}${LENGTH}Connection: close\r\n`],
    ['a name twice', `${LINE}${HOST}${LENGTH}X-A: 1\r\nx-a: 2\r\n`],
    ['a name that objects have', `${LINE}${HOST}${LENGTH}__proto__: 1\r\n`],
    ['another name that objects have', `${LINE}${HOST}${LENGTH}constructor: 1\r\n`],
    ['a space before a colon', `${LINE}${HOST}${LENGTH}X-A : 1\r\n`],
    ['a folded line', `${LINE}${HOST}${LENGTH}X-A: 1\r\n 2\r\n`],
    ['a bare line feed', `${LINE}${HOST}${LENGTH}X-A: 1\n`],
    ['a bare carriage return', `${LINE}${HOST}${LENGTH}X-A: 1\r2\r\n`],
    ['a zero byte', `${LINE}${HOST}${LENGTH}X-A: \0\r\n`],
    ['a line without a colon', `${LINE}${HOST}${LENGTH}X-A\r\n`],
    ['a line without a name', `${LINE}${HOST}${LENGTH}: 1\r\n`],
    [
      'too many fields',
      `${LINE}${HOST}${LENGTH}${Array.from({ length: 99 }, (_, index) => `x-${index}: 1\r\n`).join('')}`,
    ],
  ])('has not %s', (_what, text) => {
    expect(readPlainHead(text)).toBeUndefined();
  });
});
