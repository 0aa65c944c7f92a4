import { concatBytes } from './bytes.js';
import { type ClientErrorOptions, errorOfAnswer, MillraceClientError } from './errors.js';
import { type Failure, failureOfStatus, planRetry, type RetryPolicy, wasNeverSent } from './retry.js';

export interface TransportOptions {
  readonly baseUrl: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly fetch: typeof globalThis.fetch;
  readonly retry: RetryPolicy;
  readonly maxResponseBytes: number;
}

/** One call as the caller sees it: it may take several requests, all of which share its budget. */
export interface Budget {
  /** {@link performance.now} milliseconds at which the caller gives up; Infinity = never. */
  readonly deadlineAt: number;
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
}

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Absolute path below the base URL, already percent-encoded. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array | undefined;
  /** Doing it twice is the same as doing it once. */
  readonly idempotent: boolean;
  /** Whether an answer that is not 2xx is no error. */
  readonly isExpected?: ((answer: HttpAnswer) => boolean) | undefined;
  readonly budget: Budget;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Uint8Array;
}

/** Sends a request, again where {@link planRetry} says so; rejects with MillraceClientError unless the answer is 2xx. */
export type Transport = (request: HttpRequest) => Promise<HttpAnswer>;

export function createBudget(timeoutMs: number | undefined, signal: AbortSignal | undefined): Budget {
  const limitMs = timeoutMs ?? Number.POSITIVE_INFINITY;
  return { deadlineAt: performance.now() + limitMs, timeoutMs: limitMs, signal };
}

export function createTransport(options: TransportOptions): Transport {
  return async (request) => {
    for (let attempts = 1; ; attempts++) {
      const outcome = await attempt(options, request);
      if (outcome.kind === 'answer') return outcome.answer;
      const delayMs = planRetry(options.retry, {
        failure: outcome.failure,
        attempts,
        idempotent: request.idempotent,
        retryAfterMs: outcome.error.retryAfterMs,
        remainingMs: request.budget.deadlineAt - performance.now(),
        jitter: Math.random(),
      });
      if (delayMs === undefined) throw outcome.error;
      await withinBudget(request.budget, (signal) => sleep(delayMs, signal));
    }
  };
}

type Outcome =
  | { readonly kind: 'answer'; readonly answer: HttpAnswer }
  | { readonly kind: 'failure'; readonly failure: Failure; readonly error: MillraceClientError };

async function attempt(options: TransportOptions, request: HttpRequest): Promise<Outcome> {
  try {
    const answer = await withinBudget(request.budget, (signal) => exchange(options, request, signal));
    const { status } = answer;
    if ((status >= 200 && status < 300) || request.isExpected?.(answer)) return { kind: 'answer', answer };
    const error = errorOfAnswer(status, answer.headers, answer.body);
    return { kind: 'failure', failure: failureOfStatus(status, error.retryAfterMs), error };
  } catch (error) {
    if (error instanceof MillraceClientError) return { kind: 'failure', failure: 'answered', error };
    const unreachable = new MillraceClientError('unavailable', describeUnreachable(options.baseUrl, error), {
      cause: error,
    });
    return { kind: 'failure', failure: wasNeverSent(error) ? 'refused' : 'lost', error: unreachable };
  }
}

async function exchange(options: TransportOptions, request: HttpRequest, signal: AbortSignal): Promise<HttpAnswer> {
  const response = await fetchAnswer(options, request, signal);
  return {
    status: response.status,
    headers: response.headers,
    body: await readBody(response, options.maxResponseBytes),
  };
}

function fetchAnswer(options: TransportOptions, request: HttpRequest, signal: AbortSignal): Promise<Response> {
  const headers: Record<string, string> = { ...options.headers, ...request.headers };
  const { deadlineAt } = request.budget;
  if (deadlineAt !== Number.POSITIVE_INFINITY) {
    headers['x-request-timeout-ms'] = String(Math.max(1, Math.ceil(deadlineAt - performance.now())));
  }
  return options.fetch(`${options.baseUrl}${request.path}`, {
    method: request.method,
    headers,
    signal,
    ...(request.body === undefined ? {} : { body: request.body }),
  });
}

/** The pieces of a 2xx answer's body as they come, never sent again; rejects like {@link Transport}. Leaving cancels it. */
export async function* streamAnswer(options: TransportOptions, request: HttpRequest): AsyncGenerator<HttpAnswer> {
  const watch = watchBudget(request.budget);
  let reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  let answer: ClientErrorOptions | undefined;
  try {
    const response = await fetchAnswer(options, request, watch.signal);
    const { status, headers } = response;
    answer = { status, requestId: headers.get('x-request-id') ?? undefined };
    if (!response.ok) throw errorOfAnswer(status, headers, await readBody(response, options.maxResponseBytes));
    reader = response.body?.getReader();
    for (;;) {
      const { done, value } = (await reader?.read()) ?? { done: true };
      if (done || value === undefined) return;
      yield { status, headers, body: value };
    }
  } catch (error) {
    if (watch.signal.aborted) throw watch.signal.reason;
    if (error instanceof MillraceClientError) throw error;
    const message = answer === undefined ? describeUnreachable(options.baseUrl, error) : BROKEN_OFF;
    throw new MillraceClientError('unavailable', message, { ...answer, cause: error });
  } finally {
    watch.stop();
    // What is left of a broken or finished body is nobody's business.
    await reader?.cancel().catch(() => undefined);
  }
}

/** What is told of an answer that ends too early. */
export const BROKEN_OFF = 'the connection was closed in the middle of the answer';

async function readBody(response: Response, maxBytes: number): Promise<Uint8Array> {
  const declared = Number(response.headers.get('content-length') ?? Number.NaN);
  if (declared > maxBytes) throw tooLarge(response, maxBytes);
  if (response.body === null) return new Uint8Array(0);
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  for (const reader = response.body.getReader(); ; ) {
    const { done, value } = await reader.read();
    if (done) break;
    sizeBytes += value.byteLength;
    if (sizeBytes > maxBytes) {
      await reader.cancel();
      throw tooLarge(response, maxBytes);
    }
    chunks.push(value);
  }
  return concatBytes(chunks);
}

function tooLarge(response: Response, maxBytes: number): MillraceClientError {
  return new MillraceClientError('resource_exhausted', `the answer is larger than maxResponseBytes (${maxBytes})`, {
    status: response.status,
    requestId: response.headers.get('x-request-id') ?? undefined,
  });
}

/** Timers cannot be longer; one that is fires at once. */
const MAX_TIMER_MS = 2_147_483_647;

/** Runs `work` with a signal that fires at the deadline or when the caller aborts, and turns either into its error. */
async function withinBudget<T>(budget: Budget, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const watch = watchBudget(budget);
  try {
    return await work(watch.signal);
  } catch (error) {
    throw watch.signal.aborted ? watch.signal.reason : error;
  } finally {
    watch.stop();
  }
}

/** A signal that fires at the deadline, or when the caller aborts, with the error for either; `stop` ends the watch. */
export function watchBudget({ deadlineAt, timeoutMs, signal }: Budget): {
  readonly signal: AbortSignal;
  stop(): void;
} {
  const controller = new AbortController();
  const onAbort = () => {
    controller.abort(new MillraceClientError('cancelled', 'the caller aborted the request', { cause: signal?.reason }));
  };
  const onTimeout = () => {
    controller.abort(new MillraceClientError('deadline_exceeded', `no answer within ${timeoutMs} ms`));
  };
  const timer =
    deadlineAt === Number.POSITIVE_INFINITY
      ? undefined
      : setTimeout(onTimeout, Math.min(deadlineAt - performance.now(), MAX_TIMER_MS));
  signal?.addEventListener('abort', onAbort);
  if (signal?.aborted) onAbort();
  return {
    signal: controller.signal,
    stop() {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
    },
  };
}

/** Lets the budget cut short a wait for something that others wait for, too. */
export function waitWithin<T>(budget: Budget, shared: Promise<T>): Promise<T> {
  return withinBudget(budget, (signal) => Promise.race([shared, rejectOnAbort(signal)]));
}

function rejectOnAbort(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    else signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

async function sleep(delayMs: number, signal: AbortSignal): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const elapsed = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, delayMs);
  });
  try {
    await Promise.race([elapsed, rejectOnAbort(signal)]);
  } finally {
    clearTimeout(timer);
  }
}

const NO_ANSWER = 'the connection was closed without an answer';
const NO_TLS = 'it does not speak TLS; say http://';
const OTHER_HTTP = 'it does not speak HTTP/1.1; is that its gRPC port?';

/** What errors below `fetch` mean, by their code or, of TLS, by OpenSSL's reason. */
const UNREACHABLE: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ENOTFOUND: 'there is no host of that name',
  UND_ERR_SOCKET: NO_ANSWER,
  ECONNRESET: NO_ANSWER,
  HPE_INVALID_CONSTANT: OTHER_HTTP,
  // Without a code, since Node 24.
  HTTPParserError: OTHER_HTTP,
  'wrong version number': NO_TLS,
  'packet length too long': NO_TLS,
  'tlsv1 alert no application protocol': OTHER_HTTP,
};

/** What is underneath an error of `fetch`, which itself says nothing. `code`: its code or, where it has none, its name. */
export function underlyingFailure(error: unknown): { readonly code: string; readonly message: string } {
  let deepest = error;
  while (deepest instanceof Error && deepest.cause instanceof Error) deepest = deepest.cause;
  const { code, name, message } = deepest as Partial<Record<'code' | 'name' | 'message', unknown>>;
  return { code: String(code ?? name), message: String(message || code || error) };
}

function describeUnreachable(baseUrl: string, error: unknown): string {
  const { code, message } = underlyingFailure(error);
  const [, openssl] = /:SSL routines:[^:]*:([^:]+)/.exec(message) ?? [];
  const known = UNREACHABLE[openssl ?? code];
  // A port with TLS hangs up on whoever does not speak it.
  const hint = known === NO_ANSWER && baseUrl.startsWith('http:') ? '; does it take https://?' : '';
  return `cannot reach ${baseUrl}: ${known ?? plainText(message)}${hint}`;
}

/** Without the advice that Node 24 adds, which is for those who start the program. */
function plainText(reason: string): string {
  return reason.replace(/; if the root CA is installed locally, .*$/s, '');
}
