import fc from 'fast-check';
import { expect, it } from 'vitest';
import { isBelowPrefix } from './location.js';

it.each([
  ['s3://bucket/a/x', 's3://bucket/a/', true],
  ['s3://bucket/a/x', 's3://bucket/a', true],
  ['s3://bucket/a', 's3://bucket/a', true],
  ['s3://bucket/a/x', 's3://bucket', true],
  ['s3://bucket/a/x', 's3://bucket/', true],
  ['s3://bucket/ab', 's3://bucket/a', false],
  ['s3://bucket/ab/x', 's3://bucket/a', false],
  ['s3://bucket/a', 's3://bucket/a/', false],
  ['s3://bucket2/a/x', 's3://bucket/a', false],
  ['s3://bucket2/a', 's3://bucket', false],
  ['s3://bucket/a/../b', 's3://bucket/a', false],
  ['s3://bucket/a/%2e%2e/b', 's3://bucket/a', false],
  ['s3://bucket/a%2fx', 's3://bucket/a', false],
  ['s3://bucket/A/x', 's3://bucket/a', false],
  ['s3://bucket/a/', 's3://bucket/a', false],
  ['s3://bucket/a/x', 'bucket/a', false],
])('%s below %s: %s', (url, prefix, expected) => {
  expect(isBelowPrefix(url, prefix)).toBe(expected);
});

const segment = fc.string({ unit: fc.constantFrom('a', 'b', '.', '%', '2', 'e', 'f', '\\', 'ü', ' '), maxLength: 6 });
const path = fc.array(segment, { maxLength: 5 }).map((segments) => segments.join('/'));
const bucket = fc.constantFrom('bucket', 'bucket2', 'buck');

/** As servers of files find a path, after decoding it twice. */
function resolved(url: string): string {
  let text = url.slice('s3:/'.length);
  for (let times = 0; times < 2; times++) text = text.replace(/%(2e|2f|5c)/gi, (code) => decodeURIComponent(code));
  const kept: string[] = [];
  for (const part of text.replaceAll('\\', '/').split('/')) {
    if (part === '..') kept.pop();
    else if (part !== '.' && part !== '') kept.push(part);
  }
  return `/${kept.join('/')}`;
}

it('an object below a prefix is below it for a server that decodes and resolves its path, too', () => {
  fc.assert(
    fc.property(bucket, path, bucket, path, (ofObject, key, ofPrefix, folder) => {
      const [url, prefix] = [`s3://${ofObject}/${key}`, `s3://${ofPrefix}/${folder}`];
      if (!isBelowPrefix(url, prefix)) return;
      const [object, place] = [resolved(url), resolved(prefix)];
      expect(object === place || object.startsWith(`${place}/`)).toBe(true);
    }),
    { numRuns: 5_000 },
  );
});

it('what is below a folder is below all folders that this is below, and nothing is below its sibling', () => {
  const name = fc.stringMatching(/^[a-z]{1,3}$/);
  fc.assert(
    fc.property(fc.array(name, { minLength: 2, maxLength: 5 }), fc.nat(4), name, (segments, at, other) => {
      const url = `s3://bucket/${segments.join('/')}`;
      const cut = Math.min(at, segments.length - 1);
      expect(isBelowPrefix(url, `s3://bucket/${segments.slice(0, cut).join('/')}`)).toBe(true);
      const sibling = [...segments.slice(0, cut), `${segments[cut]}${other}`].join('/');
      expect(isBelowPrefix(url, `s3://bucket/${sibling}`)).toBe(false);
    }),
  );
});
