import type { MillraceError } from '../../core/index.js';
import { ContentError } from '../invocations/content-error.js';
import type { WireResponse } from '../wire.js';

/** `{"error": {"code", "message", "status"}}`, as Google's APIs write it; Vertex AI passes it on. */
export function encodeError(error: MillraceError, status: number): WireResponse {
  const code = error instanceof ContentError ? error.status : status;
  return {
    status: code,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ error: { code, message: error.message, status: error.code.toUpperCase() } }),
  };
}
