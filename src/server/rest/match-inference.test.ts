import { describe, expect, it } from 'vitest';
import { createDialects } from '../../../test/support/dialects.js';
import type { Route } from '../../protocols/index.js';
import { createInferenceMatcher } from './match-inference.js';
import { createRouteTable } from './route-table.js';

const [OIP] = createDialects();
if (OIP === undefined) throw new Error('there is no dialect');
const route = (method: Route['method'], path: string): Route => ({
  method,
  path,
  tag: '',
  summary: '',
  access: 'key',
  control: false,
  inference: true,
  handle: () => ({ status: 200, headers: {}, body: '' }),
});
const match = createInferenceMatcher([
  ...createRouteTable([OIP], []).filter((row) => row.route.inference === true),
  ...[
    route('POST', '/v1/chat/completions'),
    route('POST', '/v1/models/{model}:predict'),
    route('POST', '/v1/models/{model}/versions/{version}:predict'),
    route('PUT', '/predictions/{model}'),
    route('POST', '/a.b/{model}/c+'),
  ].map((each) => ({ dialect: OIP, route: each })),
]);

function found(method: string, url: string) {
  const result = match(method, url);
  return result && { path: result.row.route.path, params: { ...result.params } };
}

describe('an inference route', () => {
  it.each([
    ['/v2/models/m/infer', { model: 'm' }],
    ['/v2/models/m/infer?x=/infer', { model: 'm' }],
    ['/v2/models/a%2Fb%20c/infer', { model: 'a/b c' }],
    ['/v2/models/versions/infer', { model: 'versions' }],
    ['/v2/models/infer/infer', { model: 'infer' }],
    ['/v2/models/m.x:y/versions/7/infer', { model: 'm.x:y', version: '7' }],
    ['/v2/models/m/versions/2/generate?x', { model: 'm', version: '2' }],
    ['/v2/models/m/generate_stream', { model: 'm' }],
    ['/v1/chat/completions?stream=1', {}],
    ['/v1/models/m:x:predict', { model: 'm:x' }],
    ['/v1/models/a%3Ab/versions/2:predict', { model: 'a:b', version: '2' }],
    ['/a.b/m/c+', { model: 'm' }],
  ])('is found by %s', (url, params) => {
    expect(found('POST', url)?.params).toEqual(params);
  });

  it('may end in a parameter', () => {
    expect(found('PUT', '/predictions/m')).toEqual({ path: '/predictions/{model}', params: { model: 'm' } });
    expect(found('POST', '/predictions/m')).toBeUndefined();
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
    '/v2/models/m/xgenerate',
    '/v1/models/m/x:predict',
    '/v1/chat/completions/',
    '/aXb/m/c+',
    '/predictions/m/n',
    '',
  ])("is not found by '%s'", (url) => {
    expect(found('POST', url)).toBeUndefined();
    expect(found('PUT', url)).toBeUndefined();
    expect(found('GET', '/v2/models/m/infer')).toBeUndefined();
  });

  it('refuses broken percent-encoding', () => {
    expect(() => match('POST', '/v2/models/a%2/infer')).toThrow("model name 'a%2': the percent-encoding is broken");
  });
});
