import { expect, it } from 'vitest';
import { type ErrorCode, MillraceError } from '../../core/index.js';
import { ContentError } from '../shared/invocations/content-error.js';
import { ANTHROPIC_STATUS, encodeError } from './errors.js';

it.each<readonly [code: ErrorCode, status: number, type: string]>([
  ['invalid_argument', 400, 'invalid_request_error'],
  ['unauthenticated', 401, 'authentication_error'],
  ['permission_denied', 403, 'permission_error'],
  ['not_found', 404, 'not_found_error'],
  ['quota_exceeded', 429, 'rate_limit_error'],
  ['resource_exhausted', 529, 'overloaded_error'],
  ['unavailable', 503, 'api_error'],
  ['deadline_exceeded', 504, 'timeout_error'],
  ['unimplemented', 400, 'invalid_request_error'],
  ['internal', 500, 'api_error'],
])('%s is %d, %s', (code, status, type) => {
  const answer = encodeError(new MillraceError(code, 'why'), ANTHROPIC_STATUS[code]);
  expect(answer.status).toBe(status);
  expect(JSON.parse(String(answer.body))).toEqual({ type: 'error', error: { type, message: 'why' }, request_id: null });
});

it('a body that is too large has a type of its own', () => {
  const { status, body } = encodeError(new ContentError(413, 'much'), 400);
  expect([status, JSON.parse(String(body)).error.type]).toEqual([413, 'request_too_large']);
});

it('clients hear when to try again, and when not to', () => {
  const headersOf = (error: MillraceError) => encodeError(error, 429).headers;
  const soon = new MillraceError('quota_exceeded', 'wait', { retryAfterMs: 1_200.5 });
  expect(headersOf(soon)).toMatchObject({ 'retry-after-ms': '1201' });
  const never = new MillraceError('quota_exceeded', 'no', { reason: 'insufficient_quota' });
  expect(headersOf(never)).toMatchObject({ 'x-should-retry': 'false' });
});
