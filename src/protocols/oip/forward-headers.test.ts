import { describe, expect, it } from 'vitest';
import { type InferRequest, NO_PARAMETERS, type Parameters } from '../../core/index.js';
import { parseForwardPattern } from '../dialect-context.js';
import { parametersOfHeaders, parametersOfMetadata, withParameters } from './forward-headers.js';

function pattern(text: string): RegExp {
  const parsed = parseForwardPattern(text);
  if (parsed === undefined) throw new Error('no pattern');
  return parsed;
}

const request = (parameters: Parameters): InferRequest => ({
  id: '',
  inputs: [],
  outputs: undefined,
  parameters,
  priority: 0,
  queueTimeoutMs: undefined,
  sequence: undefined,
});

describe('parseForwardPattern', () => {
  it('takes nothing for no pattern, and refuses what is no regular expression', () => {
    expect(parseForwardPattern('')).toBeUndefined();
    expect(() => parseForwardPattern('[a')).toThrow('Invalid regular expression: /[a/iu: Unterminated character class');
  });
});

describe('headers', () => {
  const raw = ['X-Fwd-Foo', 'bar', 'x-fwd-two', '2', 'my-x-fwd', 'in', 'x-other', 'no'];

  it.each([
    ['x-fwd', { 'X-Fwd-Foo': 'bar', 'x-fwd-two': '2', 'my-x-fwd': 'in' }],
    ['(?i)^X-FWD', { 'X-Fwd-Foo': 'bar', 'x-fwd-two': '2' }],
    ['(?-i)^x-fwd', { 'x-fwd-two': '2' }],
  ])('that %s matches become parameters under their names as sent', (text, parameters) => {
    expect({ ...parametersOfHeaders(pattern(text), raw) }).toEqual(parameters);
  });

  it('that nothing matches make none', () => {
    expect(parametersOfHeaders(pattern('nothing'), raw)).toBe(NO_PARAMETERS);
    expect(parametersOfHeaders(pattern('.*'), [])).toBe(NO_PARAMETERS);
  });

  it('with keys, of the transport, reserved or with very long names are never parameters', () => {
    const names = [
      'Authorization',
      'proxy-authorization',
      'X-API-Key',
      'api-key',
      'Priority',
      'timeout',
      'triton_x',
      'content-type',
      'te',
    ];
    const others = [':path', 'grpc-timeout', 'sequence_id', 'a'.repeat(257)];
    const transport =
      'Host Connection Proxy-Connection Keep-Alive Trailer Transfer-Encoding Upgrade Expect HTTP2-Settings Accept ' +
      'Accept-Encoding Content-Length Content-Encoding Inference-Header-Content-Length Proxy-Authenticate';
    const all = [...names, ...others, ...transport.split(' '), 'a'.repeat(256)].flatMap((name) => [name, 'value']);
    expect(Object.keys(parametersOfHeaders(pattern('.*'), all))).toEqual(['a'.repeat(256)]);
  });

  it('given twice count as given last', () => {
    expect({ ...parametersOfHeaders(pattern('^x'), ['x', '1', 'x', '2']) }).toEqual({ x: '2' });
  });
});

it('metadata becomes parameters, several values of one name as a list', () => {
  const metadata = { ':path': '/p', 'x-a': '1', 'x-b': '1, 2', 'x-c': undefined, 'x-d': ['1', '2'], other: 'no' };
  expect({ ...parametersOfMetadata(pattern('^x-'), metadata) }).toEqual({ 'x-a': '1', 'x-b': '1, 2', 'x-d': '1,2' });
});

describe('withParameters', () => {
  it('lets those of headers count more than those of the request', () => {
    const mine = request({ 'x-a': 'mine', top_k: 5 });
    expect({ ...withParameters(mine, { 'x-a': '1' }).parameters }).toEqual({ 'x-a': '1', top_k: 5 });
    expect(mine.parameters).toEqual({ 'x-a': 'mine', top_k: 5 });
    expect(withParameters(mine, NO_PARAMETERS)).toBe(mine);
  });

  it('refuses more than 256 of them', () => {
    const many = Object.fromEntries(Array.from({ length: 200 }, (_, index) => [`p${index}`, index]));
    const more = Object.fromEntries(Array.from({ length: 57 }, (_, index) => [`x-${index}`, '']));
    expect(() => withParameters(request(many), more)).toThrow(
      'request: expected at most 256 parameters, those of its headers included, got more',
    );
  });
});
