import { describe, expect, it } from 'vitest';
import { ERROR_CODES, MillraceError } from '../../core/index.js';
import { encodeError, OIP_STATUS } from './status.js';

describe('encodeError', () => {
  it('gives each code its status', () => {
    expect(OIP_STATUS).toEqual({
      invalid_argument: 400,
      unauthenticated: 401,
      permission_denied: 403,
      not_found: 404,
      already_exists: 400,
      failed_precondition: 412,
      resource_exhausted: 503,
      unavailable: 503,
      deadline_exceeded: 504,
      cancelled: 499,
      unimplemented: 501,
      internal: 500,
    });
  });

  it.each(ERROR_CODES)('answers %s with the message alone', (code) => {
    const error = new MillraceError(code, 'say "what" to do', { cause: new Error('secret') });
    expect(encodeError(error, OIP_STATUS[code])).toEqual({
      status: OIP_STATUS[code],
      headers: { 'content-type': 'application/json' },
      body: '{"error":"say \\"what\\" to do"}',
    });
  });
});
