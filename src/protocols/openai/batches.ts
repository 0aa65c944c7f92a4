import type { Call } from '../../core/index.js';
import type { BatchInfo, BatchUseCases } from '../../service/index.js';
import { jsonResponse, type RouteRequest } from '../route.js';
import { describe, Fields } from '../shared/generation/fields.js';
import { ParameterError } from '../shared/generation/parameter-error.js';
import { readLimit } from '../shared/generation/query.js';
import type { WireResponse } from '../wire.js';
import { readExpiry } from './form-fields.js';
import { listOf, refuseOtherParameters, seconds } from './lists.js';

/** What the routes of batches are answered with. */
export interface BatchesContext {
  readonly service: { readonly batches: BatchUseCases };
}

const MAX_PAGE = 100;
/** OpenAI's bounds of `metadata`. */
const MAX_PAIRS = 16;
const MAX_NAME_LENGTH = 64;
const MAX_VALUE_LENGTH = 512;

/** A batch as OpenAI's clients read it. */
function describeBatch(batch: BatchInfo) {
  const { id, principal, endpoint, window, inputFile, outputFile, errorFile, state, times, problems, counts, usage } =
    batch;
  const errors = problems.map(({ code, line, message, param }) => ({
    code,
    line: line ?? null,
    message,
    param: param ?? null,
  }));
  return {
    id,
    object: 'batch',
    // Whose it is: of millrace.
    principal,
    endpoint,
    errors: errors.length === 0 ? null : { object: 'list', data: errors },
    input_file_id: inputFile,
    completion_window: window,
    status: state,
    // Why it does not go on, such as a full disk: of millrace.
    status_details: batch.trouble ?? null,
    output_file_id: outputFile ?? null,
    error_file_id: errorFile ?? null,
    created_at: seconds(batch.createdAtMs),
    in_progress_at: seconds(times.in_progress),
    expires_at: seconds(batch.expiresAtMs),
    finalizing_at: seconds(times.finalizing),
    completed_at: seconds(times.completed),
    failed_at: seconds(times.failed),
    expired_at: seconds(times.expired),
    cancelling_at: seconds(times.cancelling),
    cancelled_at: seconds(times.cancelled),
    request_counts: counts,
    metadata: batch.metadata ?? null,
    ...(usage !== undefined && { usage: describeUsage(usage) }),
  };
}

function describeUsage({
  promptTokens,
  cachedTokens,
  completionTokens,
  reasoningTokens,
}: NonNullable<BatchInfo['usage']>) {
  return {
    input_tokens: promptTokens,
    input_tokens_details: { cached_tokens: cachedTokens },
    output_tokens: completionTokens,
    output_tokens_details: { reasoning_tokens: reasoningTokens },
    total_tokens: promptTokens + completionTokens,
  };
}

/** `POST /v1/batches`. */
export async function createBatch(
  { service }: BatchesContext,
  call: Call,
  { json }: RouteRequest,
): Promise<WireResponse> {
  const fields = Fields.of(json);
  const batch = {
    inputFile: readText(fields, 'input_file_id'),
    endpoint: readText(fields, 'endpoint'),
    window: readText(fields, 'completion_window'),
    outputPrefix: readOptionalText(fields, 'output_prefix'),
    metadata: readMetadata(fields.any('metadata')),
    outputKeepMs: readExpiry(fields.any('output_expires_after'), 'output_expires_after'),
  };
  fields.end();
  return jsonResponse(describeBatch(await service.batches.create(call, batch)));
}

/** `GET /v1/batches/{batch}`. */
export function getBatch({ service }: BatchesContext, call: Call, request: RouteRequest): Promise<WireResponse> {
  return answerNamed(request, (id) => service.batches.get(call, id));
}

/** `POST /v1/batches/{batch}/cancel`. */
export function cancelBatch({ service }: BatchesContext, call: Call, request: RouteRequest): Promise<WireResponse> {
  return answerNamed(request, (id) => service.batches.cancel(call, id));
}

/** Answers with the batch that the path names. */
async function answerNamed(
  { params, query }: RouteRequest,
  ask: (id: string) => Promise<BatchInfo>,
): Promise<WireResponse> {
  refuseOtherParameters(query, []);
  const { batch = '' } = params;
  return jsonResponse(describeBatch(await ask(batch)));
}

/** `GET /v1/batches`. */
export async function listBatches(
  { service }: BatchesContext,
  call: Call,
  { query }: RouteRequest,
): Promise<WireResponse> {
  refuseOtherParameters(query, ['after', 'limit', 'all']);
  const after = query.get('after') ?? undefined;
  const everyones = readAll(query.get('all'));
  const limit = readLimit(query, { max: MAX_PAGE, standard: 20 });
  const { batches, hasMore } = await service.batches.list(call, { after, limit, everyones });
  return jsonResponse(listOf(batches.map(describeBatch), hasMore));
}

function readAll(text: string | null): boolean {
  if (text === null || text === 'false') return false;
  if (text === 'true') return true;
  throw new ParameterError('all', `'all': expected 'true' or 'false', got ${describe(text)}`);
}

function readText(fields: Fields, name: string): string {
  const value = fields.any(name);
  return typeof value === 'string' ? value : refuse(name, value);
}

function readOptionalText(fields: Fields, name: string): string | undefined {
  const value = fields.any(name);
  return value === undefined || typeof value === 'string' ? value : refuse(name, value);
}

function refuse(name: string, value: unknown): never {
  throw new ParameterError(name, `'${name}': expected a string, got ${describe(value)}`);
}

function readMetadata(value: unknown): Readonly<Record<string, string>> | undefined {
  if (value === undefined) return undefined;
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  const pairs = isObject ? Object.entries(value) : [];
  if (!isObject || pairs.length > MAX_PAIRS) {
    throw new ParameterError(
      'metadata',
      `'metadata': expected an object of at most ${MAX_PAIRS} members, got ${describe(value)}`,
    );
  }
  for (const [name, text] of pairs) {
    if (name.length > MAX_NAME_LENGTH) throw wrongPair(name, `a name of at most ${MAX_NAME_LENGTH} characters`, name);
    const isText = typeof text === 'string' && text.length <= MAX_VALUE_LENGTH;
    if (!isText) throw wrongPair(name, `a string of at most ${MAX_VALUE_LENGTH} characters`, text);
  }
  return Object.fromEntries(pairs);
}

function wrongPair(name: string, expected: string, got: unknown): ParameterError {
  const place = `metadata.${name.slice(0, MAX_NAME_LENGTH)}`;
  return new ParameterError(place, `'${place}': expected ${expected}, got ${describe(got)}`);
}
