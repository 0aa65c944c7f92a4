import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isBelowHttpsPrefix, parseHttpsPrefix, parseHttpsUrl } from './https-url.js';

const said = (read: () => unknown) => {
  try {
    read();
    return '';
  } catch (error) {
    return (error as Error).message;
  }
};

describe('the https: URL of a file', () => {
  it.each([
    'https://files.example/a.jsonl',
    'https://files.example:8443/a/b%20c.jsonl',
    'https://192.0.2.1/a',
    'https://[2001:db8::1]/a',
  ])('may be %s', (url) => expect(parseHttpsUrl(url).href).toBe(url));

  it.each([
    ['http://files.example/a', 'expected https://<host>/<path>'],
    ['https:///', 'expected https://<host>/<path>'],
    ['https://[::1', 'expected https://<host>/<path>'],
    ['https://ann:pw@files.example/a', 'it has a user, a query or a fragment'],
    ['https://files.example/a#b', 'it has a user, a query or a fragment', 'https://files.example/a'],
    ['https://files.example/a?', 'it has a user, a query or a fragment', 'https://files.example/a'],
    ['https://files.example/a?token=secret', 'it has a user, a query or a fragment', 'https://files.example/a'],
    ['https://files.example/a/../b', "its normal form is 'https://files.example/b'"],
    ['https://files.example/a/%2e%2E/b', "its normal form is 'https://files.example/b'"],
    ['https://files.example/a\\b', "its normal form is 'https://files.example/a/b'"],
    ['https://FILES.example/a', "its normal form is 'https://files.example/a'"],
    ['https://files.example:443/a', "its normal form is 'https://files.example/a'"],
    ['https://0x7f.1/a', "its normal form is 'https://127.0.0.1/a'"],
    ['https://files.example/a b', "its normal form is 'https://files.example/a%20b'"],
    ['https://files.example/a%2fb', 'the path has a percent-encoded dot, slash, backslash or percent sign'],
    ['https://files.example/a/%252e%252e/b', 'the path has a percent-encoded dot, slash, backslash or percent sign'],
    ['https://files.example/a//b', 'the path has an empty segment'],
    ['https://files.example/a/', 'it ends with a slash, and https: has no folders'],
    ['https://files.example', "its normal form is 'https://files.example/'"],
  ])('may not be %s', (url, problem, shown = url) => {
    expect(said(() => parseHttpsUrl(url))).toBe(`'${shown}' is not the https: URL of a file: ${problem}`);
  });

  it('has at most 2,048 bytes', () => {
    const url = `https://files.example/${'ä'.repeat(1_020)}`;
    expect(said(() => parseHttpsUrl(url))).toMatch(/ is not the https: URL of a file: it has more than 2048 bytes$/);
  });

  it('is told from a prefix, which may end with a slash', () => {
    expect(parseHttpsPrefix('https://files.example/').href).toBe('https://files.example/');
    expect(said(() => parseHttpsPrefix('https://files.example'))).toBe(
      "'https://files.example' is not an https: prefix: its normal form is 'https://files.example/'",
    );
  });
});

it.each([
  ['https://h/a/x', 'https://h/a/', true],
  ['https://h/a/x', 'https://h/a', true],
  ['https://h/a', 'https://h/a', true],
  ['https://h/a/x', 'https://h/', true],
  ['https://h/ab', 'https://h/a', false],
  ['https://h/ab/x', 'https://h/a', false],
  ['https://h/a', 'https://h/a/', false],
  ['https://h2/a/x', 'https://h/a', false],
  ['https://h.evil/a/x', 'https://h/a', false],
  ['https://h@evil/a/x', 'https://h/a', false],
  ['https://h:8443/a/x', 'https://h/a', false],
  ['https://h:8443/a/x', 'https://h:8443/a', true],
  ['http://h/a/x', 'https://h/a', false],
  ['https://h/a/../b', 'https://h/a', false],
  ['https://h/a/%2e%2e/b', 'https://h/a', false],
  ['https://h/a/..%2fb', 'https://h/a', false],
  ['https://h/a/%252e%252e/b', 'https://h/a', false],
  ['https://h/a/..\\b', 'https://h/a', false],
  ['https://h/A/x', 'https://h/a', false],
  ['https://h/a/', 'https://h/a', false],
  ['https://h/a/x?y', 'https://h/a', false],
  ['https://h/a/x', 'https://h', false],
  ['s3://h/a/x', 's3://h/a', false],
])('%s below %s: %s', (url, prefix, expected) => {
  expect(isBelowHttpsPrefix(url, prefix)).toBe(expected);
});

const segment = fc.string({
  unit: fc.constantFrom('a', 'b', '.', '%', '2', '5', 'e', 'f', '\\', 'ü', '?'),
  maxLength: 6,
});
const path = fc.array(segment, { maxLength: 5 }).map((segments) => segments.join('/'));
const host = fc.constantFrom('h', 'h2', 'h:8443', 'h@x');

/** As web servers find a file, after decoding its path twice. */
function resolved(url: string): string {
  let text = url.slice('https:/'.length);
  for (let times = 0; times < 2; times++) text = text.replace(/%(2e|2f|5c|25)/gi, (code) => decodeURIComponent(code));
  const kept: string[] = [];
  for (const part of text.replaceAll('\\', '/').split('/')) {
    if (part === '..') kept.pop();
    else if (part !== '.' && part !== '') kept.push(part);
  }
  return `/${kept.join('/')}`;
}

it('a file below a prefix is below it for a web server that decodes and resolves its path, too', () => {
  fc.assert(
    fc.property(host, path, host, path, (ofFile, name, ofPrefix, folder) => {
      const [url, prefix] = [`https://${ofFile}/${name}`, `https://${ofPrefix}/${folder}`];
      if (!isBelowHttpsPrefix(url, prefix)) return;
      const [file, place] = [resolved(url), resolved(prefix)];
      expect(file === place || file.startsWith(`${place}/`)).toBe(true);
    }),
    { numRuns: 5_000 },
  );
});
