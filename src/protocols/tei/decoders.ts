/** Functions of the decoding thread for TEI's bodies; see {@link DecodeFunction}. */
import type { Decoded } from '../shared/decoding/jobs.js';
import { type Reply, replyOf } from '../shared/decoding/reply.js';
import type { BodyJob } from '../shared/text-body/decode-body.js';
import { parseBody } from '../shared/text-body/parse-body.js';
import { DECODERS } from './decode.js';
import type { TeiKind, TeiRequests } from './request.js';

export function request<Kind extends TeiKind>({ kind, body }: BodyJob<Kind>): Decoded<Reply<TeiRequests[Kind]>> {
  const result = replyOf(() => DECODERS[kind](parseBody(body)));
  return { result, tensors: 'result' in result ? result.result.inputs : [] };
}
