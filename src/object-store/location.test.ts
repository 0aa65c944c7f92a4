import { expect, it } from 'vitest';
import { formatObjectUrl, parseObjectPrefix, parseObjectUrl } from './location.js';

it.each([
  ['s3://models/fraud/1/model.onnx', 'models', 'fraud/1/model.onnx'],
  ['s3://a-b.c/x', 'a-b.c', 'x'],
  ['s3://bucket/with space/ü?#%41+', 'bucket', 'with space/ü?#%41+'],
])('%s is an object', (url, bucket, key) => {
  expect(parseObjectUrl(url)).toEqual({ bucket, key });
  expect(formatObjectUrl({ bucket, key })).toBe(url);
});

const BUCKET =
  'the bucket needs 3 to 63 characters of a-z, 0-9, dots and hyphens, and begins and ends with a letter or digit';

it.each([
  ['', 'expected s3://<bucket>/<key>'],
  ['https://bucket/key', 'expected s3://<bucket>/<key>'],
  ['S3://bucket/key', 'expected s3://<bucket>/<key>'],
  ['s3://bucket', 'it names no object: expected s3://<bucket>/<key>'],
  ['s3://bucket/', 'it names no object: expected s3://<bucket>/<key>'],
  ['s3://bucket/folder/', 'it names a folder: expected s3://<bucket>/<key>'],
  ['s3://ab/key', BUCKET],
  ['s3://Bucket/key', BUCKET],
  ['s3://a..b/key', BUCKET],
  ['s3://user@host/key', BUCKET],
  ['s3://host:80/key', BUCKET],
  ['s3://127.0.0.1/key', BUCKET],
  ['s3:///key', BUCKET],
  ['s3://bucket//key', 'the key has an empty segment'],
  ['s3://bucket/a//b', 'the key has an empty segment'],
  ['s3://bucket/../other/key', "the key has a segment '.' or '..'"],
  ['s3://bucket/a/./b', "the key has a segment '.' or '..'"],
  ['s3://bucket/a/..', "the key has a segment '.' or '..'"],
  ['s3://bucket/a\\..\\b', 'the key has a backslash'],
  ['s3://bucket/a%2F..%2fb', 'the key has a percent-encoded dot or slash: keys are written without percent-encoding'],
  ['s3://bucket/%2E%2e/b', 'the key has a percent-encoded dot or slash: keys are written without percent-encoding'],
  ['s3://bucket/a\nb', 'the key has control characters, or is no valid Unicode'],
  ['s3://bucket/a\ud800', 'the key has control characters, or is no valid Unicode'],
  [`s3://bucket/${'ü'.repeat(513)}`, 'the key has more than 1024 bytes'],
])('%j is refused', (url, problem) => {
  expect(() => parseObjectUrl(url)).toThrow(
    expect.objectContaining({
      code: 'invalid_argument',
      message: expect.stringMatching(/ is not the URL of an object: /),
    }),
  );
  expect(() => parseObjectUrl(url)).toThrow(problem);
});

it('a prefix may be a bucket, a folder or the begin of a name', () => {
  expect(parseObjectPrefix('s3://bucket')).toEqual({ bucket: 'bucket', key: '' });
  expect(parseObjectPrefix('s3://bucket/in/')).toEqual({ bucket: 'bucket', key: 'in/' });
  expect(parseObjectPrefix('s3://bucket/in')).toEqual({ bucket: 'bucket', key: 'in' });
});
