import { describe, expect, it } from 'vitest';
import { OIP_STATUS } from './status.js';

describe('OIP_STATUS', () => {
  it('gives each code its status', () => {
    expect(OIP_STATUS).toEqual({
      invalid_argument: 400,
      unauthenticated: 401,
      permission_denied: 403,
      not_found: 404,
      already_exists: 400,
      failed_precondition: 412,
      resource_exhausted: 503,
      quota_exceeded: 429,
      unavailable: 503,
      deadline_exceeded: 504,
      cancelled: 499,
      unimplemented: 501,
      internal: 500,
    });
  });
});
