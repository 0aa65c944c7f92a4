import type { Call } from '../../../core/index.js';
import type { DialectContext } from '../../dialect.js';
import type { DecodeFunction } from '../decoding/jobs.js';
import { ownedData } from '../decoding/owned.js';
import { type Reply, resultOf } from '../decoding/reply.js';
import type { Opened } from './open-body.js';

/** What the decoding thread is sent of a body. */
export interface BodyJob<Kind extends string> {
  readonly kind: Kind;
  readonly body: Uint8Array;
}

/** How the value of a body becomes a request: here, or in the decoding thread. */
export interface BodyDecoding<Kind extends string, Request> {
  readonly kind: Kind;
  readonly decode: (value: unknown) => Request;
  readonly job: DecodeFunction<BodyJob<Kind>, Reply<Request>>;
}

/** The request of an opened body; that of a large one comes from the decoding thread. Rejects with what is wrong with it. */
export async function decodeBody<Kind extends string, Request>(
  { decoder, call }: Pick<DialectContext, 'decoder'> & { readonly call: Call },
  { body, value }: Opened,
  { kind, decode, job }: BodyDecoding<Kind, Request>,
): Promise<Request> {
  if (value !== undefined) return decode(value);
  const moved = ownedData(body);
  return resultOf(await decoder.decode(call, job, { input: { kind, body: moved }, moves: [moved] }));
}
