import type { ErrorCode, MillraceError } from '../../core/index.js';
import { HTTP_STATUS } from '../shared/http-errors.js';
import { ContentError } from '../shared/invocations/content-error.js';
import type { WireResponse } from '../wire.js';

/** HTTP status of each error, such that Cohere's clients try again where that helps. */
export const RERANK_STATUS: Readonly<Record<ErrorCode, number>> = { ...HTTP_STATUS, unimplemented: 400 };

/** `{"message": text}`, as Cohere writes errors. */
export function encodeError(error: MillraceError, status: number): WireResponse {
  return {
    status: error instanceof ContentError ? error.status : status,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ message: error.message }),
  };
}
