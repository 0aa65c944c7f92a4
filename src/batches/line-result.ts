import { createHash } from 'node:crypto';
import type { Usage } from '../core/index.js';
import type { StoredRequestAnswer } from '../stored-requests/index.js';

/** How a request of a batch ended. */
export type LineOutcome =
  | { readonly kind: 'answered'; readonly answer: StoredRequestAnswer; readonly usage: Usage | undefined }
  /** It has no answer. */
  | { readonly kind: 'failed'; readonly code: string; readonly message: string };

export interface FinishedLine {
  readonly customId: string;
  /** {@link requestIdOf}. */
  readonly requestId: string;
  readonly outcome: LineOutcome;
}

/** The line of an output file. */
export interface ResultLine {
  readonly bytes: Uint8Array;
  /** It belongs into the error file. */
  readonly isError: boolean;
}

/** Id of a batch's request: the same whenever it runs. */
export function requestIdOf(batch: string, line: number): string {
  return `batch_req_${createHash('sha256').update(`${batch}/${line}`).digest('hex').slice(0, 32)}`;
}

/** A result as OpenAI's clients read it. */
export function resultLine({ customId, requestId, outcome }: FinishedLine): ResultLine {
  const head = `{"id":"${requestId}","custom_id":${JSON.stringify(customId)},"response":`;
  if (outcome.kind === 'failed') return failure(head, outcome);
  const { status, body, headers } = outcome.answer;
  const json = jsonOf(headers['content-type'] ?? '', body);
  if (json === undefined) {
    const message = `The answer is no text: expected JSON, got '${headers['content-type']}'.`;
    return failure(head, { code: 'unsupported_answer', message });
  }
  const start = `${head}{"status_code":${status},"request_id":"${requestId}","body":`;
  return { bytes: Buffer.concat([Buffer.from(start), json, Buffer.from('},"error":null}\n')]), isError: status >= 400 };
}

function failure(head: string, { code, message }: { readonly code: string; readonly message: string }): ResultLine {
  return { bytes: Buffer.from(`${head}null,"error":${JSON.stringify({ code, message })}}\n`), isError: true };
}

/** An answer as JSON in one line; undefined = it is neither JSON nor text. */
function jsonOf(contentType: string, body: Uint8Array): Uint8Array | undefined {
  const [type = ''] = contentType.toLowerCase().split(';', 1);
  if (body.byteLength === 0) return Buffer.from('null');
  if (/^application\/(?:[\w.-]+\+)?json\s*$/.test(type)) return inOneLine(body);
  return type.startsWith('text/') ? Buffer.from(JSON.stringify(Buffer.from(body).toString())) : undefined;
}

/** In JSON, line ends are outside of strings. */
function inOneLine(json: Uint8Array): Uint8Array {
  if (!json.includes(0x0a) && !json.includes(0x0d)) return json;
  return json.map((byte) => (byte === 0x0a || byte === 0x0d ? 0x20 : byte));
}
