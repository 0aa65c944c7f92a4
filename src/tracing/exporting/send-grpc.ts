import http2 from 'node:http2';
import type { ExportReply, ExportSetup } from './messages.js';
import { replyOfFailure, replyOfGrpc } from './replies.js';
import type { Send } from './send-http.js';
import type { Serializer } from './serialize.js';

const METHOD = '/opentelemetry.proto.collector.trace.v1.TraceService/Export';
const MAX_ANSWER_BYTES = 65_536;
/** Before each message: whether it is compressed, and its length in four bytes. */
const PREFIX_BYTES = 5;

/** OTLP over gRPC: one session, opened again once it has ended. */
export function createGrpcSender(setup: ExportSetup, serializer: Serializer): Send {
  const { endpoint, ca } = setup;
  let session: http2.ClientHttp2Session | undefined;
  const open = () => {
    const opened = http2.connect(new URL(endpoint), ca === undefined ? {} : { ca });
    // Each request reports what went wrong.
    opened.on('error', () => undefined);
    opened.on('close', () => {
      if (session === opened) session = undefined;
    });
    opened.unref();
    session = opened;
    return opened;
  };
  return (body) => {
    const current = session === undefined || session.closed || session.destroyed ? open() : session;
    return exportOnce(current, setup, body, serializer);
  };
}

function exportOnce(
  session: http2.ClientHttp2Session,
  ...[{ headers, timeoutMs }, body, serializer]: [ExportSetup, Uint8Array, Serializer]
): Promise<ExportReply> {
  return new Promise((resolve) => {
    const stream = session.request({
      ...headers,
      ':method': 'POST',
      ':path': METHOD,
      'content-type': 'application/grpc',
      te: 'trailers',
      'user-agent': 'millrace',
      'grpc-timeout': `${Math.min(timeoutMs, 99_999_999)}m`,
    });
    const timer = setTimeout(() => {
      resolve(replyOfFailure(new Error(`no answer within ${timeoutMs} ms`)));
      stream.close(http2.constants.NGHTTP2_CANCEL);
    }, timeoutMs);
    const chunks: Buffer[] = [];
    let sizeBytes = 0;
    let trailers: http2.IncomingHttpHeaders = {};
    const note = (given: http2.IncomingHttpHeaders) => {
      trailers = { ...trailers, ...given };
    };
    stream.on('response', note);
    stream.on('trailers', note);
    stream.on('data', (chunk: Buffer) => {
      sizeBytes += chunk.byteLength;
      if (sizeBytes <= MAX_ANSWER_BYTES) chunks.push(chunk);
      else stream.close(http2.constants.NGHTTP2_CANCEL);
    });
    stream.on('error', (error) => resolve(replyOfFailure(error)));
    stream.on('close', () => {
      clearTimeout(timer);
      resolve(replyOf(trailers, Buffer.concat(chunks), serializer));
    });
    stream.end(framed(body));
  });
}

function replyOf(trailers: http2.IncomingHttpHeaders, answer: Buffer, serializer: Serializer): ExportReply {
  const { 'grpc-status': status, 'grpc-message': message } = trailers;
  if (status === undefined) {
    return replyOfFailure(
      new Error(`it answered without a gRPC status (HTTP status ${trailers[':status'] ?? 'missing'})`),
    );
  }
  const text = typeof message === 'string' ? decodeText(message) : '';
  return replyOfGrpc({ status: Number(status), text }, answer.subarray(PREFIX_BYTES), serializer);
}

/** `grpc-message` is percent-encoded. */
function decodeText(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function framed(body: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(PREFIX_BYTES + body.byteLength);
  frame.writeUInt8(0, 0);
  frame.writeUInt32BE(body.byteLength, 1);
  frame.set(body, PREFIX_BYTES);
  return frame;
}
