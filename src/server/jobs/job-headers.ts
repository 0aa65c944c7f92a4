import { type CallPriority, invalidArgument, quoted } from '../../core/index.js';
import type { WireHeaders } from '../../protocols/index.js';
import { parseDuration, parseTime } from '../../text/index.js';

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
/** Headers of an answer that are about its sending, and not about what it says. */
const NOT_OF_ANSWER: readonly string[] = [
  'content-length',
  'server-timing',
  'x-content-type-options',
  'x-request-id',
  'ratelimit',
  'ratelimit-policy',
];

/** What is stored of a request's headers. The id of the request is that of the submission, so that both are found by it. */
export function storedHeaders(headers: WireHeaders, requestId: string): Readonly<Record<string, string>> {
  const stored: Record<string, string> = { 'x-request-id': requestId };
  for (const [name, value] of Object.entries(headers)) {
    if (typeof value !== 'string') continue;
    if (STORED.includes(name) || STORED_PREFIXES.some((prefix) => name.startsWith(prefix))) stored[name] = value;
  }
  return stored;
}

/** What is stored of an answer's headers, given each name before its value. */
export function answerHeaders(headers: readonly string[]): Readonly<Record<string, string>> {
  const stored: Record<string, string> = {};
  for (let at = 0; at < headers.length; at += 2) {
    const name = (headers[at] as string).toLowerCase();
    if (!NOT_OF_ANSWER.includes(name)) stored[name] = headers[at + 1] as string;
  }
  return stored;
}

export interface RequestedJob {
  readonly priority: CallPriority | undefined;
  readonly notBeforeMs: number | undefined;
  readonly expiresInMs: number | undefined;
  readonly keepMs: number | undefined;
  readonly idempotencyKey: string | undefined;
}

const MAX_KEY_LENGTH = 255;

/**
 * What the headers of a request ask of its job: `x-millrace-job-priority` (`normal`, `background`), `x-millrace-job-not-before` (a time or a duration
 * from now), `x-millrace-job-expires-in` and `x-millrace-job-keep` (durations), `idempotency-key`. Throws `invalid_argument`.
 */
export function readJobHeaders(headers: WireHeaders, nowMs: number): RequestedJob {
  return {
    priority: readPriority(headers['x-millrace-job-priority']),
    notBeforeMs: readMoment(headers['x-millrace-job-not-before'], nowMs),
    expiresInMs: readDuration('x-millrace-job-expires-in', headers),
    keepMs: readDuration('x-millrace-job-keep', headers),
    idempotencyKey: readKey(headers['idempotency-key']),
  };
}

type Header = WireHeaders[string];

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

function readDuration(name: string, headers: WireHeaders): number | undefined {
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

function wrong(name: string, expected: string, value: Header): Error {
  return invalidArgument(`header ${name}: expected ${expected}, got ${quoted(String(value))}`);
}
