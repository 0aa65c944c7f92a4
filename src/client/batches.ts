import type { Tensor } from '../core/index.js';
import { concatBytes } from './bytes.js';
import { type ClientOptions, createConnection, parseJson } from './connection.js';
import { tensorsOf } from './decode.js';
import { encodeRequest } from './encode.js';
import { readErrorBody } from './errors.js';
import type { CallOptions } from './types.js';
import { parseWireJson } from './wire-json.js';

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
  upload(name: string, content: Uint8Array, call?: CallOptions): Promise<string>;
  create(inputFile: string, endpoint: string, call?: CallOptions): Promise<BatchObject>;
  batch(id: string, call?: CallOptions): Promise<BatchObject>;
  content(file: string, call?: CallOptions): Promise<Uint8Array>;
  remove(file: string, call?: CallOptions): Promise<void>;
}

/** Connects to `/v1/files` and `/v1/batches`. No request is sent before the first one that is asked for. */
export function connectBatches(url: string | URL, options: ClientOptions = {}): BatchesClient {
  const connection = createConnection(url, options);
  return {
    async upload(name, content, call) {
      const { type, body } = formOf(name, content);
      const headers = { 'content-type': type };
      const budget = connection.budget(call);
      const answer = await connection.send({
        method: 'POST',
        path: '/v1/files',
        headers,
        body,
        idempotent: false,
        budget,
      });
      return (parseJson(answer) as { readonly id: string }).id;
    },
    async create(inputFile, endpoint, call) {
      const body = { input_file_id: inputFile, endpoint, completion_window: '24h' };
      return (await connection.postJson('/v1/batches', body, connection.budget(call))) as BatchObject;
    },
    batch: (id, call) => connection.getJson(`/v1/batches/${encodeURIComponent(id)}`, connection.budget(call)),
    async content(file, call) {
      const path = `/v1/files/${encodeURIComponent(file)}/content`;
      return (await connection.send({ method: 'GET', path, idempotent: true, budget: connection.budget(call) })).body;
    },
    async remove(file, call) {
      const path = `/v1/files/${encodeURIComponent(file)}`;
      await connection.send({ method: 'DELETE', path, idempotent: true, budget: connection.budget(call) });
    },
  };
}

/** A form with a file (RFC 7578). */
function formOf(name: string, content: Uint8Array): { readonly type: string; readonly body: Uint8Array } {
  const boundary = `millrace-${crypto.randomUUID()}`;
  const part = (head: string) => `--${boundary}\r\ncontent-disposition: form-data; ${head}\r\n`;
  const head = `${part('name="purpose"')}\r\nbatch\r\n${part(`name="file"; filename="${name}"`)}content-type: application/jsonl\r\n\r\n`;
  const encoder = new TextEncoder();
  const body = concatBytes([encoder.encode(head), content, encoder.encode(`\r\n--${boundary}--\r\n`)]);
  return { type: `multipart/form-data; boundary=${boundary}`, body };
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
  readonly error: { readonly code?: string; readonly message?: string } | null;
}

/** Reads a line of a batch's output or error file. Throws where it is none. */
export function decodeBatchAnswer(line: string): BatchAnswer {
  const { custom_id: id, response, error } = parseWireJson(line) as WireLine;
  const status = response?.status_code ?? 0;
  if (response !== null && status === 200) return { id, status, outputs: tensorsOf(response.body), error: undefined };
  const message = error?.message ?? readErrorBody(response?.body).message ?? `status ${status}`;
  return { id, status, outputs: [], error: message };
}
