/** Functions of the decoding thread for bodies of this dialect; see {@link DecodeFunction}. */
import type { Decoded } from '../shared/decoding/jobs.js';
import { type Reply, replyOf } from '../shared/decoding/reply.js';
import type { BodyJob } from '../shared/text-body/decode-body.js';
import { parseBody } from '../shared/text-body/parse-body.js';
import { DECODERS, type RerankKind, type RerankRequests } from './decode.js';

export function request<Kind extends RerankKind>({ kind, body }: BodyJob<Kind>): Decoded<Reply<RerankRequests[Kind]>> {
  const result = replyOf(() => DECODERS[kind](parseBody(body)));
  return { result, tensors: 'result' in result ? result.result.inputs : [] };
}
