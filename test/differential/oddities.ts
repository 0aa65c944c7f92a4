import type { Random } from '../support/random.js';
import { REFUSED, SERVED } from '../support/smuggling-list.js';
import { type Message, write, writeAs } from './messages.js';

/** Writes a message down with something odd about it. */
type Oddity = (message: Message, random: Random) => string;

const REQUEST_LINES: readonly ((message: Message, random: Random) => string)[] = [
  ({ method, target }) => `${method} ${target} HTTP/1.0`,
  ({ method, target }) => `${method} ${target}`,
  ({ method, target }, random) =>
    `${method} ${target} ${random.pick(['HTTP/1.2', 'HTTP/2.0', 'http/1.1', 'HTTP/1.1 ', 'HTTP/11'])}`,
  ({ method, target, version }) => `${method}  ${target} ${version}`,
  ({ method, target, version }) => `${method} ${target}  ${version}`,
  ({ method, target, version }) => `${method}\t${target} ${version}`,
  ({ method, target, version }) => ` ${method} ${target} ${version}`,
  ({ target, version }, random) =>
    `${random.pick(['post', 'POSTS', 'POS', 'P', 'PUT', 'PATCH', 'QUERY', 'PURGE', 'P\0ST', 'PRI'])} ${target} ${version}`,
  ({ method, target, version }, random) =>
    `${method} ${target}${random.pick(['\x00', '\x7f', '\xff', ' x', '\r', '\n', '?%00'])} ${version}`,
];

const CODINGS = [
  ...[
    'chunked',
    'Chunked',
    'chunked ',
    'chunked, chunked',
    'gzip, chunked',
    'chunked, gzip',
    'identity',
    'xchunked',
    '',
    '\x0bchunked',
  ],
];

const LENGTHS = [
  ...['+5', '-5', '0x5', '05', '005', '5 ', '\t5', '5, 5', '5,6', '1e3', '5.0', '', '0', '1', '5a', '٥'],
  ...['9999999999', '10000000000', '4294967296', '9007199254740993', '18446744073709551621', '99999999999999999999999'],
];

const CONNECTIONS = [
  'close',
  'Close',
  'close, x',
  'keep-alive, close',
  'x, keep-alive',
  'x',
  '',
  'keep-alive,',
  'upgrade',
];

const LINES = [
  ...[
    'X-A : b',
    ' X-A: b',
    '\tX-A: b',
    'X-A\t: b',
    ': b',
    'X-A',
    'X A: b',
    'X(A): b',
    'X\xe9: b',
    'X\0A: b',
    'X-A: b\0c',
  ],
  ...[
    'X-A: b\r\n c',
    'X-A: b\r\n\tc',
    'X-A:\r\n b',
    'X-A: b\nX-B: c',
    'X-A: b\rX-B: c',
    'X-A: b\r',
    'X-A: b\n',
    'X-A: \x7f',
  ],
  ...[
    'X-A: \x01',
    'X-A: \x1f',
    'X-A: \xa0b\xa0',
    'X-A: b\x0b',
    'X-A: b\x0c',
    'X-A:  ',
    'X-A::',
    'X-A: "b\\"',
    "!#$%&'*+-.^_`|~0: b",
  ],
  ...[
    'Host: localhost',
    'Host: evil.example',
    'host: ',
    'Content-Type: a',
    'Expect: 100-continue',
    'Expect: tea',
    'Expect:',
  ],
  ...[
    'Upgrade: websocket',
    'Upgrade:',
    'Trailer: X-A',
    'TE: trailers',
    'TE: chunked',
    'Proxy-Connection: close',
    'HTTP2-Settings: AA',
  ],
  ...[
    'Transfer-Encoding : chunked',
    'Transfer\xadEncoding: chunked',
    'Transfer_Encoding: chunked',
    'X: y\r\nTransfer-Encoding: chunked',
  ],
  ...[
    'Content_Length: 1',
    'Content-Length : 1',
    'Content-Length\t: 1',
    '\x00Content-Length: 1',
    'Set-Cookie: a',
    'Age: 1',
    'ETag: "a"',
  ],
];

const HOSTS = [
  ...[
    '',
    ' ',
    'evil.example',
    'LOCALHOST',
    'localhost.',
    'localhost:',
    'localhost:99999',
    'localhost:x',
    'localhost, localhost',
  ],
  ...[
    'a@localhost',
    'localhost/a',
    'localhost?a',
    '[::1',
    '::1',
    '127.1',
    '127.0.0.1:80',
    '0',
    'local host',
    '\xfc',
    'localhost\0',
  ],
];

const withFields = (message: Message, fields: readonly string[]): string =>
  write({ ...message, fields: [...message.fields, ...fields] });
const line = ({ method, target, version }: Message): string => `${method} ${target} ${version}`;
const insert = (list: readonly string[], item: string, random: Random): string[] => {
  const at = random.integer(0, list.length);
  return [...list.slice(0, at), item, ...list.slice(at)];
};

const ODDITIES: readonly Oddity[] = [
  (message, random) => {
    const fields = message.body === '' ? message.fields : [...message.fields, `Content-Length: ${message.body.length}`];
    return writeAs(random.pick(REQUEST_LINES)(message, random), fields, message.body);
  },
  (message, random) => write({ ...message, fields: insert(message.fields, random.pick(LINES), random) }),
  (message, random) => write({ ...message, fields: insert(message.fields, random.pick(LINES), random) }),
  (message, random) => withFields(message, [`Connection: ${random.pick(CONNECTIONS)}`]),
  (message, random) =>
    withFields(message, random.pick([['Expect: 100-continue'], ['Upgrade: h2c', 'Connection: Upgrade']])),
  // Lengths that are none, not the only one, or not true.
  (message, random) =>
    writeAs(line(message), [...message.fields, `Content-Length: ${random.pick(LENGTHS)}`], message.body),
  (message, random) =>
    withFields(message, [`Content-Length: ${random.chance(0.5) ? message.body.length : random.pick(LENGTHS)}`]),
  (message, random) => {
    const bytes = Math.max(0, message.body.length + random.integer(-5, 5));
    return writeAs(line(message), [...message.fields, `Content-Length: ${bytes}`], message.body);
  },
  (message, random) =>
    writeAs(
      line(message),
      [...message.fields, `content-length:${' '.repeat(random.integer(0, 3))}${message.body.length}\t`],
      message.body,
    ),
  // Codings.
  (message, random) =>
    writeAs(
      line(message),
      [...message.fields, `Transfer-Encoding: ${random.pick(CODINGS)}`],
      inChunks(message.body, random),
    ),
  (message, random) =>
    writeAs(line(message), [...message.fields, 'Transfer-Encoding: chunked'], inChunks(message.body, random)),
  (message, random) => withFields({ ...message, body: inChunks(message.body, random) }, ['Transfer-Encoding: chunked']),
  // Who is asked.
  (message, random) => write({ ...message, fields: [`Host: ${random.pick(HOSTS)}`, ...message.fields.slice(1)] }),
  (message) => write({ ...message, fields: message.fields.slice(1) }),
  (message, random) => write({ ...message, fields: insert(message.fields, random.pick(message.fields), random) }),
  // Sizes.
  (message, random) =>
    write({
      ...message,
      fields: [
        ...message.fields,
        ...Array.from({ length: random.pick([90, 96, 97, 98, 99, 100, 101, 300]) }, (_, n) => `X-${n}: a`),
      ],
    }),
  (message, random) => padHead(write(message), random.pick([1_024, 1_024, 16_384]) + random.integer(-40, 40)),
  // Line breaks where there are none, or too few.
  (message, random) => random.pick(['\r\n', '\n', '\r', '\r\n\r\n', ' ', '\0']) + write(message),
  (message, random) => write(message) + random.pick(['\r\n', '\n', '\r', ' ', '\0', '0\r\n\r\n', 'x']),
  (message) => write(message).replaceAll('\r\n', '\n'),
  (message) => write(message).replace('\r\n\r\n', '\n\n'),
  (message) => write(message).replace('\r\n\r\n', '\r\n\n'),
  (message) => write(message).replace('\r\n\r\n', '\n\r\n'),
  (message, random) => {
    const { raw } = random.pick([...REFUSED, ...SERVED]);
    return raw.replace(/^GET (?=TARGET)/, random.chance(0.5) ? 'POST ' : 'GET ').replace(/TARGET|BODY/, message.target);
  },
];

/** A message with something odd about it: framing, line breaks, what is twice, too much or not there. */
export function writeOddly(message: Message, random: Random): string {
  return random.pick(ODDITIES)(message, random);
}

/** Brings the head of a message to a length. */
function padHead(message: string, bytes: number): string {
  const end = message.indexOf('\r\n\r\n');
  const missing = bytes - (end + 4) - '\r\nX-Pad: '.length;
  return `${message.slice(0, end)}\r\nX-Pad: ${'a'.repeat(Math.max(0, missing))}${message.slice(end)}`;
}

function inChunks(body: string, random: Random): string {
  let text = '';
  for (let at = 0; at < body.length; ) {
    const size = random.integer(1, Math.min(body.length - at, 100));
    const extension = random.chance(0.1) ? random.pick([';a', ';a=b', '; a="b;c"', ' ', ';a\n', ';']) : '';
    text += `${size.toString(16)}${extension}\r\n${body.slice(at, at + size)}${random.chance(0.02) ? '\n' : '\r\n'}`;
    at += size;
  }
  const trailer = random.chance(0.2)
    ? random.pick(['X-A: b\r\n', 'Content-Length: 5\r\n', 'Host: evil.example\r\n', 'X-A\r\n', ' a\r\n'])
    : '';
  return `${text}0\r\n${trailer}\r\n`;
}
