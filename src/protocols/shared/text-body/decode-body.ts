import type { Call } from '../../../core/index.js';
import type { DialectContext } from '../../dialect.js';
import type { DecodeFunction } from '../decoding/jobs.js';
import { ownedData } from '../decoding/owned.js';
import { type Reply, resultOf } from '../decoding/reply.js';
import type { Opened } from './open-body.js';

/** A body on its way to the decoding thread. */
export interface BodyJob<Kind extends string> {
  readonly kind: Kind;
  readonly body: Uint8Array;
}

/** A body, and how its value becomes a request: here, or in the decoding thread. */
export interface BodyDecoding<Kind extends string, Request> {
  readonly opened: Opened;
  readonly kind: Kind;
  readonly decode: (value: unknown) => Request;
  readonly job: DecodeFunction<BodyJob<Kind>, Reply<Request>>;
}

/** The request of an opened body; that of a large one comes from the decoding thread. Rejects with what is wrong with it. */
export async function decodeBody<Kind extends string, Request>(
  { decoder }: Pick<DialectContext, 'decoder'>,
  call: Call,
  { opened, kind, decode, job }: BodyDecoding<Kind, Request>,
): Promise<Request> {
  const { body, value } = opened;
  if (value !== undefined) return decode(value);
  const moved = ownedData(body);
  return resultOf(await decoder.decode(call, job, { input: { kind, body: moved }, moves: [moved] }));
}
