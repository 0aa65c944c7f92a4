/** What the decoding thread runs for messages; see {@link DecodeFunction}. */
import { promptBytes } from '../../generation/index.js';
import type { Decoded } from '../shared/decoding/jobs.js';
import { type Reply, replyOf } from '../shared/decoding/reply.js';
import { decodeUnread, type ReadRequest, type RequestKind, type UnreadBody } from './decode-body.js';

export function request<Kind extends RequestKind>(body: UnreadBody<Kind>): Decoded<Reply<ReadRequest<Kind>>> {
  const result = replyOf(() => decodeUnread(body));
  const prompts = 'result' in result ? result.result.request.prompts : [];
  return { result, tensors: prompts.map((prompt) => ({ data: promptBytes(prompt) })) };
}
