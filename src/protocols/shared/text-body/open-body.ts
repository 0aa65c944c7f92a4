import type { Call } from '../../../core/index.js';
import type { DialectContext } from '../../dialect.js';
import { LARGE_BYTES } from '../../wire.js';
import type { DecodeFunction } from '../decoding/jobs.js';
import { type Reply, resultOf } from '../decoding/reply.js';
import { type BodyHead, type HeadOptions, headOf, readHead } from './body-head.js';
import { parseBody } from './parse-body.js';

export interface OpenContext extends Pick<DialectContext, 'decoder'>, Pick<HeadOptions, 'maxTextBytes' | 'setting'> {}

export interface SentText {
  readonly body: Uint8Array;
  /** The model, where the body's own does not count. */
  readonly model?: string;
}

/** A body of which the head is known, and the value where that took parsing it. */
export interface Opened {
  readonly head: BodyHead;
  readonly body: Uint8Array;
  readonly value?: unknown;
}

export interface HeadJob {
  readonly body: Uint8Array;
  readonly options: HeadOptions;
}

/** A head, and the body again, which has gone to the thread. */
export interface FoundHead {
  readonly head: BodyHead;
  readonly body: Uint8Array;
}

const HEAD: DecodeFunction<HeadJob, Reply<FoundHead>> = {
  module: new URL('./decoders.js', import.meta.url).href,
  name: 'head',
};

/** Reads the head. A large body goes to the decoding thread and comes back. Rejects with what is wrong with the body. */
export async function openBody(
  { decoder, maxTextBytes, setting }: OpenContext,
  call: Call,
  { body, model }: SentText,
): Promise<Opened> {
  const options = { maxTextBytes, setting, model };
  if (body.length > LARGE_BYTES) {
    if (model !== undefined && body.length <= maxTextBytes) return { head: { model, previousId: undefined }, body };
    return resultOf(await decoder.decode(call, HEAD, { input: { body, options }, moves: [body] }));
  }
  if (body.length > maxTextBytes) readHead(body, options);
  const value = parseBody(body);
  return { head: headOf(value, options), body, value };
}
