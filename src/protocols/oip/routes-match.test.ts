import { describe, expect, it } from 'vitest';
import { matchGenerate, matchInfer } from './routes-match.js';

describe('matchInfer', () => {
  it.each([
    ['/v2/models/m/infer', 'm', undefined],
    ['/v2/models/m/infer?x=/infer', 'm', undefined],
    ['/v2/models/a%2Fb%20c/infer', 'a/b c', undefined],
    ['/v2/models/versions/infer', 'versions', undefined],
    ['/v2/models/infer/infer', 'infer', undefined],
    ['/v2/models/m.x:y/versions/7/infer', 'm.x:y', 7],
    ['/v2/models/m/versions/007/infer', 'm', 7],
    ['/v2/models/m/versions/0/infer', 'm', 0],
  ])('%s', (url, name, version) => {
    expect(matchInfer(url)).toEqual({ name, version });
  });

  it.each([
    '/v2/models/infer',
    '/v2/models//infer',
    '/v2/models/m/infer/',
    '/v2/models/m/versions/infer',
    '/v2/models/m/versions//infer',
    '/v2/models/m/versions/1/2/infer',
    '/v2/models/m/version/1/infer',
    '/v2/models/m/ready',
    '/v2/models/m?/infer',
    '',
  ])("does not match '%s'", (url) => {
    expect(matchInfer(url)).toBeUndefined();
  });

  it.each(['abc', '-1', '1.0', '1e3', ' 1', '%31'])("refuses version '%s'", (version) => {
    expect(() => matchInfer(`/v2/models/m/versions/${version}/infer`)).toThrow(
      `model 'm' has no version '${version}': versions are positive integers`,
    );
  });

  it('refuses broken percent-encoding', () => {
    expect(() => matchInfer('/v2/models/a%2/infer')).toThrow("model name 'a%2': the percent-encoding is broken");
  });
});

describe('matchGenerate', () => {
  it.each([
    ['/v2/models/m/generate', undefined, false],
    ['/v2/models/m/versions/2/generate?x', 2, false],
    ['/v2/models/m/generate_stream', undefined, true],
    ['/v2/models/m/versions/2/generate_stream', 2, true],
  ])('%s', (url, version, stream) => {
    expect(matchGenerate(url)).toEqual({ name: 'm', version, stream });
  });

  it.each(['/v2/models/m/infer', '/v2/models/generate', '/v2/models/m/generate/', '/v2/models/m/xgenerate'])(
    "does not match '%s'",
    (url) => {
      expect(matchGenerate(url)).toBeUndefined();
    },
  );
});
