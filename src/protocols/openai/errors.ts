import type { ErrorCode, ErrorReason, MillraceError } from '../../core/index.js';
import { UnknownFile } from '../../service/index.js';
import { ParameterError } from '../shared/generation/parameter-error.js';
import { retryHeaders } from '../shared/generation/retry-headers.js';
import { HTTP_STATUS } from '../shared/http-errors.js';
import { ContentError } from '../shared/invocations/content-error.js';
import type { WireResponse } from '../wire.js';

/** HTTP status of each error, such that OpenAI's clients try again where that helps. */
export const OPENAI_STATUS: Readonly<Record<ErrorCode, number>> = { ...HTTP_STATUS, unimplemented: 400 };

interface Kind {
  readonly type: string;
  readonly code: string | null;
}

const KINDS: Readonly<Record<ErrorCode, Kind>> = {
  invalid_argument: { type: 'invalid_request_error', code: null },
  unauthenticated: { type: 'authentication_error', code: 'invalid_api_key' },
  permission_denied: { type: 'permission_error', code: 'permission_denied' },
  not_found: { type: 'invalid_request_error', code: 'not_found' },
  already_exists: { type: 'invalid_request_error', code: 'already_exists' },
  failed_precondition: { type: 'invalid_request_error', code: 'failed_precondition' },
  resource_exhausted: { type: 'rate_limit_error', code: 'rate_limit_exceeded' },
  quota_exceeded: { type: 'rate_limit_error', code: 'rate_limit_exceeded' },
  unavailable: { type: 'service_unavailable', code: 'unavailable' },
  deadline_exceeded: { type: 'server_error', code: 'timeout' },
  cancelled: { type: 'server_error', code: 'cancelled' },
  unimplemented: { type: 'invalid_request_error', code: 'unsupported' },
  internal: { type: 'server_error', code: 'internal_error' },
};

/** OpenAI's `code` of what is told in particular. */
const WORDS: Readonly<Record<ErrorReason, string | undefined>> = {
  context_length_exceeded: 'context_length_exceeded',
  invalid_json_schema: 'invalid_json_schema',
  invalid_function_parameters: 'invalid_function_parameters',
  invalid_grammar: 'invalid_grammar',
  insufficient_quota: 'insufficient_quota',
  model_not_found: 'model_not_found',
  out_of_memory: undefined,
  empty_input: undefined,
  schema_mismatch: 'schema_mismatch',
};

/** An id for which there is nothing, or nothing of this caller's. */
export class UnknownIdError extends ParameterError {
  /** OpenAI's `code` of it. */
  readonly word: string;

  constructor(param: string, word: string, message: string) {
    super(param, message, 'not_found');
    this.name = 'UnknownIdError';
    this.word = word;
  }
}

interface ErrorDetails {
  readonly message: string;
  readonly type: string;
  readonly param: string | null;
  readonly code: string | null;
}

/** An error as OpenAI's clients read it. */
export function errorBody(error: MillraceError): { readonly error: ErrorDetails } {
  const { type: usual, code } = KINDS[error.code];
  const type = error.reason === 'insufficient_quota' ? error.reason : usual;
  const param = error.subject?.parameter ?? null;
  const word = wordOf(error) ?? (error.reason && WORDS[error.reason]);
  return { error: { message: error.message, type, param, code: word ?? code } };
}

/** The code of an id for which there is nothing. */
function wordOf(error: MillraceError): string | undefined {
  if (error instanceof UnknownIdError) return error.word;
  return error instanceof UnknownFile ? `${error.kind}_not_found` : undefined;
}

export function encodeError(error: MillraceError, status: number): WireResponse {
  const headers = { 'content-type': 'application/json', ...retryHeaders(error) };
  return {
    status: error instanceof ContentError ? error.status : status,
    headers,
    body: JSON.stringify(errorBody(error)),
  };
}
