import type { Call } from '../../core/index.js';
import type { RouteRequest } from '../route.js';
import type { WireResponse, WireStream } from '../wire.js';
import { createBackground } from './background.js';
import { readRequest } from './read-request.js';
import type { OpenAiContext } from './reading-route.js';
import { answerResponse } from './responses.js';

/** `POST /v1/responses`: answered at once, or by a job where the request says `background`. */
export async function createResponse(
  context: OpenAiContext,
  call: Call,
  sent: RouteRequest,
): Promise<WireResponse | WireStream> {
  // Decoders may take the body's memory with them.
  const kept = mayBeBackground(call, sent.body) ? new Uint8Array(sent.body) : undefined;
  const request = await readRequest(context, call, { kind: 'response', body: sent.body });
  if (!request.background || kept === undefined) return answerResponse(context, call, request);
  const { method, url, headers } = sent;
  return createBackground(context, call, { request, sent: { method, url, headers, body: kept } });
}

/** Not of a request that is being stored, or that a job runs. Where it has escapes, any name may be in it. */
function mayBeBackground({ deferral, job }: Call, body: Uint8Array): boolean {
  if (deferral !== undefined || job !== undefined) return false;
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  return text.includes('background') || text.includes('\\u');
}
