import type { Call } from '../../core/index.js';
import type { PrincipalStore, Service } from '../../service/index.js';
import type { DialectContext } from '../dialect.js';
import { ownedData } from '../shared/decoding/owned.js';
import { unresolved } from '../shared/generation/choices.js';
import { ParameterError } from '../shared/generation/parameter-error.js';
import { LARGE_BYTES } from '../wire.js';
import { type BodyHead, headOf, readHead } from './body-head.js';
import { decodeText, type TextKind, type TextRequests, withModel } from './decode-text.js';
import { parseBody } from './parse-body.js';
import { earlierResponse } from './stored-responses.js';
import { HEAD, resultOf, textFunction } from './text-jobs.js';
import { type UnnamedContext, unnamedModel } from './unnamed-model.js';

export interface ReadContext extends Pick<DialectContext, 'decoder'>, UnnamedContext {
  readonly service: Pick<Service, 'checkTarget' | 'readyModels' | 'ready'>;
  readonly maxTextBytes: number;
  /** Where the responses are that a request may go on from. Default: there are none. */
  readonly store?: PrincipalStore;
}

interface SentBody<Kind extends TextKind> {
  readonly kind: Kind;
  readonly body: Uint8Array;
  /** The model, where the body's own does not count. */
  readonly model?: string;
}

/** A body of which the head is known, and the value where that took parsing it. */
interface Opened {
  readonly head: BodyHead;
  readonly body: Uint8Array;
  readonly value?: unknown;
}

/** Kinds that may go on from a stored response. */
const CONTINUING: ReadonlySet<TextKind> = new Set(['response', 'inputTokens']);

/**
 * The request of a body. Only its head is read before it is known that the caller may infer the model. Rejects with what is wrong with the
 * body, and as `service.resolve`.
 */
export async function readRequest<Kind extends TextKind>(
  context: ReadContext,
  call: Call,
  sent: SentBody<Kind>,
): Promise<TextRequests[Kind]> {
  const { kind } = sent;
  const { head, body, value } = await open(context, call, sent);
  const { model = unnamedModel(context, call) } = head;
  await checkModel(context, call, model);
  const { decoder, store, maxTextBytes } = context;
  const earlier = CONTINUING.has(kind) && store ? earlierResponse(store, call, head.previousId) : undefined;
  const earlierBytes = earlier?.length ?? 0;
  if (value !== undefined && earlierBytes + body.length <= LARGE_BYTES) {
    return decodeText(kind, { value: withModel(value, model), earlier });
  }
  if (earlierBytes > maxTextBytes) {
    const expected = `expected a conversation of at most ${maxTextBytes} bytes (openai.maxTextBytes)`;
    throw new ParameterError('previous_response_id', `'previous_response_id': ${expected}, got ${earlierBytes}`);
  }
  const moved = ownedData(body);
  const input = { kind, body: moved, model, earlier };
  const sizeBytes = earlierBytes + body.length;
  return resultOf(await decoder.decode(call, textFunction<Kind>(), { input, moves: [moved], sizeBytes }));
}

/** Reads the head. A large body goes to the decoding thread and comes back. */
async function open(
  { decoder, maxTextBytes }: ReadContext,
  call: Call,
  { body, model }: SentBody<TextKind>,
): Promise<Opened> {
  const options = { maxTextBytes, model };
  if (body.length > LARGE_BYTES) {
    if (model !== undefined && body.length <= maxTextBytes) return { head: { model, previousId: undefined }, body };
    return resultOf(await decoder.decode(call, HEAD, { input: { body, options }, moves: [body] }));
  }
  if (body.length > maxTextBytes) readHead(body, options);
  const value = parseBody(body);
  return { head: headOf(value, options), body, value };
}

async function checkModel({ service }: ReadContext, call: Call, model: string): Promise<void> {
  try {
    await service.checkTarget(call, { name: model, version: undefined });
  } catch (error) {
    throw unresolved(error, { service, call, model });
  }
}
