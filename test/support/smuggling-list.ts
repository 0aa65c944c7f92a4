/** A request whose framing or meaning is in doubt, and the status that it is refused with. */
export interface Refusal {
  readonly name: string;
  /** `TARGET` stands for a path that the port serves, `BODY` for one to which a body is sent. */
  readonly raw: string;
  readonly status: number;
}

const get = (...headers: readonly string[]) =>
  `GET TARGET HTTP/1.1\r\n${headers.map((line) => `${line}\r\n`).join('')}\r\n`;
const post = (...headers: readonly string[]) => get('Host: localhost', ...headers).replace('GET', 'POST');
const chunked = (body: string) => post('Transfer-Encoding: chunked').replace('TARGET', 'BODY') + body;

/** Each ends its connection: where the next request begins is in doubt. */
export const REFUSED: readonly Refusal[] = [
  // RFC 9112 §6.3: two lengths, or one that is none.
  { name: 'both lengths', raw: `${post('Content-Length: 5', 'Transfer-Encoding: chunked')}0\r\n\r\n`, status: 400 },
  {
    name: 'both lengths, the other way round',
    raw: `${post('Transfer-Encoding: chunked', 'Content-Length: 5')}0\r\n\r\n`,
    status: 400,
  },
  { name: 'two different Content-Length', raw: `${post('Content-Length: 0', 'Content-Length: 5')}hello`, status: 400 },
  { name: 'two equal Content-Length', raw: `${post('Content-Length: 5', 'Content-Length: 5')}hello`, status: 400 },
  { name: 'a list as Content-Length', raw: `${post('Content-Length: 5, 5')}hello`, status: 400 },
  { name: 'Content-Length with a plus', raw: `${post('Content-Length: +5')}hello`, status: 400 },
  { name: 'a negative Content-Length', raw: `${post('Content-Length: -5')}hello`, status: 400 },
  { name: 'Content-Length with a space', raw: `${post('Content-Length: 1 1')}hello`, status: 400 },
  { name: 'a hexadecimal Content-Length', raw: `${post('Content-Length: 0x5')}hello`, status: 400 },
  { name: 'an empty Content-Length', raw: `${post('Content-Length: ')}hello`, status: 400 },
  { name: 'a Content-Length beyond 64 bits', raw: `${post('Content-Length: 18446744073709551621')}hello`, status: 400 },
  // RFC 9112 §6.1: codings.
  { name: 'an unknown coding', raw: `${post('Transfer-Encoding: xchunked')}0\r\n\r\n`, status: 400 },
  { name: 'a coding besides chunked', raw: `${post('Transfer-Encoding: gzip, chunked')}0\r\n\r\n`, status: 501 },
  { name: 'chunked before another coding', raw: `${post('Transfer-Encoding: chunked, gzip')}0\r\n\r\n`, status: 400 },
  { name: 'chunked twice', raw: `${post('Transfer-Encoding: chunked, chunked')}0\r\n\r\n`, status: 400 },
  {
    name: 'chunked in two lines',
    raw: `${post('Transfer-Encoding: chunked', 'Transfer-Encoding: chunked')}0\r\n\r\n`,
    status: 400,
  },
  {
    name: 'chunked and identity',
    raw: `${post('Transfer-Encoding: chunked', 'Transfer-Encoding: identity')}0\r\n\r\n`,
    status: 400,
  },
  { name: 'identity', raw: `${post('Transfer-Encoding: identity')}hello`, status: 400 },
  { name: 'a quoted coding', raw: `${post('Transfer-Encoding: "chunked"')}0\r\n\r\n`, status: 400 },
  { name: 'a vertical tab before the coding', raw: `${post('Transfer-Encoding: \x0bchunked')}0\r\n\r\n`, status: 400 },
  { name: 'an empty coding', raw: `${post('Transfer-Encoding: ')}0\r\n\r\n`, status: 400 },
  {
    name: 'chunked in HTTP/1.0',
    raw: `${post('Transfer-Encoding: chunked').replace('1.1', '1.0')}0\r\n\r\n`,
    status: 400,
  },
  // RFC 9112 §7.1: chunks.
  { name: 'a chunk size beyond 64 bits', raw: chunked('10000000000000000\r\n'), status: 400 },
  { name: 'a chunk size with a prefix', raw: chunked('0x5\r\nhello\r\n0\r\n\r\n'), status: 400 },
  { name: 'a negative chunk size', raw: chunked('-1\r\n\r\n'), status: 400 },
  { name: 'an empty chunk size', raw: chunked('\r\nhello\r\n0\r\n\r\n'), status: 400 },
  { name: 'a chunk longer than its size', raw: chunked('3\r\nhello\r\n0\r\n\r\n'), status: 400 },
  { name: 'a bare LF behind a chunk size', raw: chunked('5\nhello\r\n0\r\n\r\n'), status: 400 },
  { name: 'a bare LF behind a chunk', raw: chunked('5\r\nhello\n0\r\n\r\n'), status: 400 },
  { name: 'a bare CR in a chunk extension', raw: chunked('5;a\rb\r\nhello\r\n0\r\n\r\n'), status: 400 },
  { name: 'chunk extensions without end', raw: chunked(`5;${'a'.repeat(20_000)}\r\nhello\r\n0\r\n\r\n`), status: 413 },
  // RFC 9112 §5: header lines.
  { name: 'a space before the colon', raw: get('Host: localhost', 'X-A : b'), status: 400 },
  { name: 'a space before the colon of a length', raw: `${post('Content-Length : 5')}hello`, status: 400 },
  { name: 'a folded line', raw: get('Host: localhost', 'X-A: b', ' c'), status: 400 },
  { name: 'a folded coding', raw: `${post('Transfer-Encoding:', ' chunked')}0\r\n\r\n`, status: 400 },
  { name: 'a space before the first header', raw: get(' Host: localhost'), status: 400 },
  { name: 'a header without a name', raw: get('Host: localhost', ': b'), status: 400 },
  { name: 'a header without a colon', raw: get('Host: localhost', 'X-A'), status: 400 },
  { name: 'NUL in a value', raw: get('Host: localhost', 'X-A: b\0c'), status: 400 },
  { name: 'NUL in a name', raw: get('Host: localhost', 'X\0A: b'), status: 400 },
  { name: 'a bare CR in a value', raw: get('Host: localhost', 'X-A: b\rX-C: d'), status: 400 },
  { name: 'a bare CR behind a line', raw: 'GET TARGET HTTP/1.1\rHost: localhost\r\n\r\n', status: 400 },
  { name: 'a bare LF behind a line', raw: 'GET TARGET HTTP/1.1\nHost: localhost\r\n\r\n', status: 400 },
  { name: 'bare LF behind a header', raw: 'GET TARGET HTTP/1.1\r\nHost: localhost\nX-A: b\r\n\r\n', status: 400 },
  // RFC 9112 §3.2: where it goes.
  { name: 'no Host', raw: get('X-A: b'), status: 400 },
  { name: 'an empty Host', raw: get('Host: '), status: 400 },
  { name: 'two Hosts', raw: get('Host: localhost', 'Host: evil.example'), status: 400 },
  { name: 'two equal Hosts', raw: get('Host: localhost', 'host: localhost'), status: 400 },
  {
    name: 'two Hosts in HTTP/1.0',
    raw: get('Host: localhost', 'Host: evil.example').replace('1.1', '1.0'),
    status: 400,
  },
  { name: 'a list of Hosts', raw: get('Host: localhost, evil.example'), status: 400 },
  { name: 'a Host with a path', raw: get('Host: localhost/evil'), status: 400 },
  { name: 'a Host with a user', raw: get('Host: evil@localhost'), status: 400 },
  {
    name: 'another URL than the Host',
    raw: get('Host: localhost').replace('TARGET', 'http://evil.exampleTARGET'),
    status: 400,
  },
  { name: 'a URL without a name', raw: get('Host: localhost').replace('TARGET', 'http://TARGET'), status: 400 },
  {
    name: 'a URL of another kind',
    raw: get('Host: localhost').replace('TARGET', 'ftp://localhostTARGET'),
    status: 400,
  },
  // RFC 9112 §2.3 and §3: the first line.
  { name: 'HTTP/2.0', raw: get('Host: localhost').replace('1.1', '2.0'), status: 505 },
  { name: 'HTTP/0.9', raw: get('Host: localhost').replace('1.1', '0.9'), status: 505 },
  { name: 'HTTP/1.2', raw: get('Host: localhost').replace('1.1', '1.2'), status: 400 },
  { name: 'another protocol', raw: get('Host: localhost').replace('HTTP/', 'HTCPCP/'), status: 400 },
  { name: 'no version', raw: 'GET TARGET\r\n\r\n', status: 505 },
  { name: 'a tab in the first line', raw: get('Host: localhost').replace('GET ', 'GET\t'), status: 400 },
  { name: 'a lower-case method', raw: get('Host: localhost').replace('GET', 'get'), status: 400 },
  { name: 'a tunnel', raw: 'CONNECT localhost:80 HTTP/1.1\r\nHost: localhost:80\r\n\r\n', status: 405 },
  { name: 'the preface of HTTP/2', raw: 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', status: 400 },
];

/** What looks odd and is right. */
export const SERVED: readonly Omit<Refusal, 'status'>[] = [
  { name: 'a URL of the Host', raw: get('Host: localhost').replace('TARGET', 'http://LOCALHOST:80TARGET') },
  {
    name: 'a URL in HTTP/1.0 without Host',
    raw: get().replace('TARGET', 'http://localhostTARGET').replace('1.1', '1.0'),
  },
  {
    name: 'chunks that nobody reads',
    raw: `${get('Host: localhost', 'Transfer-Encoding: Chunked')}5;a=b\r\nhello\r\n0\r\nX-A: b\r\n\r\n`,
  },
  { name: 'empty lines before the first', raw: `\r\n\r\n${get('Host: localhost')}` },
  // RFC 9112 §3 allows it.
  { name: 'two spaces in the first line', raw: get('Host: localhost').replace(' HTTP', '  HTTP') },
  { name: 'spaces around a value', raw: get('Host: \t localhost \t') },
];
