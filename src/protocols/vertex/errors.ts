import type { MillraceError } from '../../core/index.js';
import { ContentError } from '../shared/invocations/content-error.js';
import type { WireResponse } from '../wire.js';

/** `{"error": {"code", "message", "status"}}`, as Google's APIs write it; Vertex AI passes it on. */
export function encodeError(error: MillraceError, status: number): WireResponse {
  const code = error instanceof ContentError ? error.status : status;
  // Google knows one word for all that is used up.
  const word = error.code === 'quota_exceeded' ? 'resource_exhausted' : error.code;
  return {
    status: code,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ error: { code, message: error.message, status: word.toUpperCase() } }),
  };
}
