import { describe, expect, it } from 'vitest';
import { ERROR_CODES, MillraceError } from '../../core/index.js';
import { encodeErrorText, HTTP_STATUS } from './http-errors.js';

describe('encodeErrorText', () => {
  it.each(ERROR_CODES)('answers %s with the message alone', (code) => {
    const error = new MillraceError(code, 'say "what" to do', { cause: new Error('secret') });
    expect(encodeErrorText(error, HTTP_STATUS[code])).toEqual({
      status: HTTP_STATUS[code],
      headers: { 'content-type': 'application/json' },
      body: '{"error":"say \\"what\\" to do"}',
    });
  });
});
