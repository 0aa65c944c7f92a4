import {
  type ClientOptions,
  encodeRequest,
  MillraceClientError,
  parseWireJson,
  toTensor,
  underlyingFailure,
} from '../../client/index.js';
import { type Datatype, ERROR_CODES, type ErrorCode, type Tensor } from '../../core/index.js';

/** A batch as OpenAI's API has it, as far as it is followed. */
export interface BatchObject {
  readonly id: string;
  readonly status:
    | 'validating'
    | 'failed'
    | 'in_progress'
    | 'finalizing'
    | 'completed'
    | 'expired'
    | 'cancelling'
    | 'cancelled';
  readonly output_file_id?: string | null;
  readonly error_file_id?: string | null;
  readonly request_counts?: { readonly total: number; readonly completed: number; readonly failed: number };
  readonly errors?: { readonly data: readonly { readonly line?: number | null; readonly message: string }[] } | null;
}

/** Files and batches by OpenAI's API. All reject with {@link MillraceClientError}. */
export interface BatchesClient {
  /** Stores the requests of a batch; resolves with the file's id. */
  upload(name: string, content: Uint8Array): Promise<string>;
  create(inputFile: string, endpoint: string): Promise<BatchObject>;
  batch(id: string): Promise<BatchObject>;
  content(file: string): Promise<Uint8Array>;
  remove(file: string): Promise<void>;
}

/** Connects to `/v1/files` and `/v1/batches`. No request is sent before the first one that is asked for. */
export function connectBatches(url: string, options: ClientOptions, signal: AbortSignal): BatchesClient {
  const base = url.replace(/\/+$/, '');
  const send = (path: string, request: RequestInit = {}) =>
    sendRequest(`${base}${path}`, { ...request, signal }, options);
  // The server answers as OpenAI's does.
  const json = async (answer: Promise<Response>) => (await (await answer).json()) as BatchObject;
  return {
    async upload(name, content) {
      const body = new FormData();
      body.set('purpose', 'batch');
      body.set('file', new Blob([new Uint8Array(content)], { type: 'application/jsonl' }), name);
      return (await json(send('/v1/files', { method: 'POST', body }))).id;
    },
    create(inputFile, endpoint) {
      const body = JSON.stringify({ input_file_id: inputFile, endpoint, completion_window: '24h' });
      return json(send('/v1/batches', { method: 'POST', body, headers: { 'content-type': 'application/json' } }));
    },
    batch: (id) => json(send(`/v1/batches/${encodeURIComponent(id)}`)),
    async content(file) {
      const answer = await send(`/v1/files/${encodeURIComponent(file)}/content`);
      return new Uint8Array(await answer.arrayBuffer());
    },
    async remove(file) {
      await send(`/v1/files/${encodeURIComponent(file)}`, { method: 'DELETE' });
    },
  };
}

async function sendRequest(url: string, request: RequestInit, options: ClientOptions): Promise<Response> {
  const { key, fetch = globalThis.fetch } = options;
  const headers = new Headers(request.headers);
  if (key !== undefined) headers.set('authorization', `Bearer ${key}`);
  const answer = await fetch(url, { ...request, headers }).catch((cause: unknown) => {
    request.signal?.throwIfAborted();
    const { origin } = new URL(url);
    throw new MillraceClientError('unavailable', `cannot reach ${origin}: ${underlyingFailure(cause)}`, { cause });
  });
  if (answer.ok) return answer;
  const { status } = answer;
  const code = codeOf(answer.headers.get('x-millrace-error')) ?? (status >= 500 ? 'unavailable' : 'invalid_argument');
  const message = errorMessage(await answer.json().catch(() => undefined)) ?? `the server answered ${status}`;
  throw new MillraceClientError(code, message, { status });
}

function codeOf(text: string | null): ErrorCode | undefined {
  return ERROR_CODES.find((code) => code === text);
}

/** What the JSON of an error says, in any dialect; undefined = nothing. */
function errorMessage(body: unknown): string | undefined {
  const { error } = (body ?? {}) as { readonly error?: unknown };
  if (typeof error === 'string') return error;
  const { message } = (error ?? {}) as { readonly message?: unknown };
  return typeof message === 'string' ? message : undefined;
}

/** A request for tensors as a line of a batch. */
export interface BatchRequest {
  readonly id: string;
  /** Path of the route. */
  readonly url: string;
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly string[];
}

/** A line of a batch's input file. */
export function encodeBatchRequest({ id, url, inputs, outputs }: BatchRequest): string {
  const { body } = encodeRequest(inputs, { binary: false, outputs });
  return `{"custom_id":${JSON.stringify(id)},"method":"POST","url":${JSON.stringify(url)},"body":${body}}\n`;
}

/** The answer to a line of a batch. */
export interface BatchAnswer {
  readonly id: string;
  /** HTTP's; 0 = it was not run. */
  readonly status: number;
  /** Of an answer with status 200. */
  readonly outputs: readonly Tensor[];
  /** Why there are none. */
  readonly error: string | undefined;
}

interface WireLine {
  readonly custom_id: string;
  readonly response: { readonly status_code: number; readonly body: unknown } | null;
  readonly error: { readonly message?: string } | null;
}

interface WireTensor {
  readonly name: string;
  readonly datatype: Datatype;
  readonly shape: readonly number[];
  readonly data: readonly unknown[];
}

/** Reads a line of a batch's output or error file. Throws where it is none. */
export function decodeBatchAnswer(line: string): BatchAnswer {
  const { custom_id: id, response, error } = parseWireJson(line) as WireLine;
  const status = response?.status_code ?? 0;
  if (response !== null && status === 200) {
    const { outputs } = response.body as { readonly outputs: readonly WireTensor[] };
    return { id, status, outputs: outputs.map(decodeTensor), error: undefined };
  }
  const message = error?.message ?? errorMessage(response?.body) ?? `status ${status}`;
  return { id, status, outputs: [], error: message };
}

/** `parseWireJson` leaves NaN, ±Infinity and long integers as text: the datatype says what they are. */
function decodeTensor({ name, datatype, shape, data }: WireTensor): Tensor {
  const toNumber = datatype === 'INT64' || datatype === 'UINT64' ? BigInt : Number;
  const elements = data.flat(Number.POSITIVE_INFINITY);
  const values =
    datatype === 'BYTES' ? elements : elements.map((one) => (typeof one === 'string' ? toNumber(one) : one));
  return toTensor(name, { data: values, shape, datatype }, undefined);
}
