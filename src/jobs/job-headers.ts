import { type CallContext, type CallPriority, formatTraceparent, invalidArgument, quoted } from '../core/index.js';
import { parseDuration, parseTime } from '../text/index.js';
import type { NamedReceiver } from '../webhooks/index.js';

/** Headers of a request that are stored with it. A credential is in none of them. */
const STORED: readonly string[] = [
  'accept',
  'accept-language',
  'content-language',
  'content-type',
  'inference-header-content-length',
  'openai-beta',
  'traceparent',
  'tracestate',
  'user-agent',
  'x-vertex-ai-triton-redirect',
];
/** Of CloudEvents in binary mode and of SageMaker. */
const STORED_PREFIXES: readonly string[] = ['ce-', 'x-amzn-sagemaker-'];
/**
 * What is stored of a request's headers. The id of the request is that of the submission, so that both are found by it; where the submission is recorded, its trace
 * is the one that the job is linked to.
 */
export function storedHeaders(
  headers: RequestHeaders,
  { requestId, trace }: Pick<CallContext, 'requestId' | 'trace'>,
): Readonly<Record<string, string>> {
  const stored: Record<string, string> = { 'x-request-id': requestId };
  for (const [name, value] of Object.entries(headers)) {
    if (typeof value !== 'string') continue;
    if (STORED.includes(name) || STORED_PREFIXES.some((prefix) => name.startsWith(prefix))) stored[name] = value;
  }
  if (trace?.sampled === true) stored.traceparent = formatTraceparent(trace);
  return stored;
}

/** Headers of an HTTP request by lower-case name. */
export type RequestHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

export interface RequestedJob {
  readonly priority: CallPriority | undefined;
  readonly notBeforeMs: number | undefined;
  readonly expiresInMs: number | undefined;
  readonly keepMs: number | undefined;
  readonly idempotencyKey: string | undefined;
  /** undefined = its end is reported to no receiver. */
  readonly webhook: NamedReceiver | undefined;
}

const MAX_KEY_LENGTH = 255;

/**
 * What the headers of a request ask of its job: `x-millrace-job-priority` (`normal`, `background`), `x-millrace-job-not-before` (a time or a duration
 * from now), `x-millrace-job-expires-in` and `x-millrace-job-keep` (durations), `idempotency-key`, `x-millrace-job-webhook` (the URL of a receiver) with `-format` (`standard`, `cloudevents`)
 * and `-include` (`answer`). Throws `invalid_argument`.
 */
export function readJobHeaders(headers: RequestHeaders, nowMs: number): RequestedJob {
  return {
    priority: readPriority(headers['x-millrace-job-priority']),
    notBeforeMs: readMoment(headers['x-millrace-job-not-before'], nowMs),
    expiresInMs: readDuration('x-millrace-job-expires-in', headers),
    keepMs: readDuration('x-millrace-job-keep', headers),
    idempotencyKey: readKey(headers['idempotency-key']),
    webhook: readWebhook(headers),
  };
}

type Header = RequestHeaders[string];

function readPriority(value: Header): CallPriority | undefined {
  if (value === undefined || value === 'normal' || value === 'background') return value;
  throw wrong('x-millrace-job-priority', 'normal or background', value);
}

function readMoment(value: Header, nowMs: number): number | undefined {
  if (value === undefined) return undefined;
  const text = String(value);
  const inMs = parseDuration(text);
  const moment = inMs === undefined ? parseTime(text) : nowMs + inMs;
  if (moment !== undefined && Number.isSafeInteger(Math.ceil(moment))) return Math.ceil(moment);
  throw wrong('x-millrace-job-not-before', 'a time (2026-11-27T12:00:00Z) or a duration (10m)', value);
}

function readDuration(name: string, headers: RequestHeaders): number | undefined {
  const { [name]: value } = headers;
  if (value === undefined) return undefined;
  const durationMs = parseDuration(String(value));
  if (durationMs === undefined || durationMs < 1) throw wrong(name, 'a duration such as 90s, 10m or 2h', value);
  return durationMs;
}

function readKey(value: Header): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'string' && value.length > 0 && value.length <= MAX_KEY_LENGTH) return value;
  throw wrong('idempotency-key', `1 to ${MAX_KEY_LENGTH} characters, once`, value);
}

const WEBHOOK = 'x-millrace-job-webhook';

function readWebhook(headers: RequestHeaders): NamedReceiver | undefined {
  const { [WEBHOOK]: url, [`${WEBHOOK}-format`]: format, [`${WEBHOOK}-include`]: include } = headers;
  if (format !== undefined && format !== 'standard' && format !== 'cloudevents') {
    throw wrong(`${WEBHOOK}-format`, 'standard or cloudevents', format);
  }
  if (include !== undefined && include !== 'answer') throw wrong(`${WEBHOOK}-include`, 'answer', include);
  if (url !== undefined) return { url: String(url), format, includesAnswer: include !== undefined };
  if (format === undefined && include === undefined) return undefined;
  throw invalidArgument(`header ${WEBHOOK}: expected the URL of a receiver, as another header is about it`);
}

function wrong(name: string, expected: string, value: Header): Error {
  return invalidArgument(`header ${name}: expected ${expected}, got ${quoted(String(value))}`);
}
