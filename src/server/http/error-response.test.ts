import { describe, expect, it } from 'vitest';
import { createDialectContext } from '../../../test/support/dialects.js';
import { MillraceError } from '../../core/index.js';
import { createOipDialect } from '../../protocols/oip/dialect.js';
import { errorResponse } from './error-response.js';

const OIP = createOipDialect(createDialectContext());

describe('an error as an answer', () => {
  it.each([
    [0, '1'],
    [1, '1'],
    [1_000, '1'],
    [1_001, '2'],
    [59_500, '60'],
  ])('tells to retry after %d ms in whole seconds: %s', (retryAfterMs, seconds) => {
    const error = new MillraceError('resource_exhausted', 'the queue is full', { retryAfterMs });
    expect(errorResponse(error, OIP).headers['retry-after']).toBe(seconds);
  });

  it('has the body and the status of the dialect, and the code in a header', () => {
    const dialect: Parameters<typeof errorResponse>[1] = {
      status: { ...OIP.status, not_found: 410 },
      encodeError: ({ message }, status) => ({ status, headers: { 'content-type': 'text/plain' }, body: message }),
    };
    expect(errorResponse(new MillraceError('not_found', 'no such thing'), dialect)).toEqual({
      status: 410,
      headers: { 'content-type': 'text/plain', 'x-millrace-error': 'not_found' },
      body: 'no such thing',
    });
  });
});
