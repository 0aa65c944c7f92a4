/** Functions of the decoding thread for bodies of texts; see {@link DecodeFunction}. */
import type { Decoded } from '../decoding/jobs.js';
import { type Reply, replyOf } from '../decoding/reply.js';
import { readHead } from './body-head.js';
import type { FoundHead, HeadJob } from './open-body.js';

export function head({ body, options }: HeadJob): Decoded<Reply<FoundHead>> {
  return { result: replyOf(() => ({ head: readHead(body, options), body })), tensors: [{ data: body }] };
}
