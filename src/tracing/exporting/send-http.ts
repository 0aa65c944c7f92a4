import http from 'node:http';
import https from 'node:https';
import type { ExportReply, ExportSetup } from './messages.js';
import { replyOfFailure, replyOfHttp } from './replies.js';
import type { Serializer } from './serialize.js';

const MAX_ANSWER_BYTES = 65_536;
const CONTENT_TYPES = { 'http/protobuf': 'application/x-protobuf', 'http/json': 'application/json' } as const;

/** Sends an OTLP request, and resolves with its outcome. */
export type Send = (body: Uint8Array) => Promise<ExportReply>;

/** OTLP over HTTP: one connection, which is kept. */
export function createHttpSender(
  { endpoint, headers, timeoutMs, ca }: ExportSetup,
  protocol: keyof typeof CONTENT_TYPES,
  serializer: Serializer,
): Send {
  const url = new URL(`${endpoint.replace(/\/$/, '')}/v1/traces`);
  const isTls = url.protocol === 'https:';
  const agentOptions = { keepAlive: true, maxSockets: 1 };
  const agent = isTls ? new https.Agent({ ...agentOptions, ca }) : new http.Agent(agentOptions);
  const { request } = isTls ? https : http;
  const ownHeaders = { 'content-type': CONTENT_TYPES[protocol], 'user-agent': 'millrace', ...headers };
  return (body) =>
    new Promise((resolve) => {
      const fail = (error: unknown) => resolve(replyOfFailure(error));
      const signal = AbortSignal.timeout(timeoutMs);
      const sent = request(url, {
        method: 'POST',
        agent,
        signal,
        headers: { ...ownHeaders, 'content-length': body.byteLength },
      });
      sent.on('error', (error) => fail(signal.aborted ? new Error(`no answer within ${timeoutMs} ms`) : error));
      sent.on('response', (answer) => {
        const chunks: Buffer[] = [];
        let sizeBytes = 0;
        answer.on('data', (chunk: Buffer) => {
          sizeBytes += chunk.byteLength;
          if (sizeBytes <= MAX_ANSWER_BYTES) chunks.push(chunk);
          else answer.destroy(new Error(`its answer is larger than ${MAX_ANSWER_BYTES} bytes`));
        });
        answer.on('error', fail);
        answer.on('end', () => {
          const { statusCode: status = 0 } = answer;
          resolve(
            replyOfHttp({ status, retryAfter: answer.headers['retry-after'] }, Buffer.concat(chunks), serializer),
          );
        });
      });
      sent.end(body);
    });
}
