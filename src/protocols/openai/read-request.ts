import type { Call, ModelTask } from '../../core/index.js';
import type { Service } from '../../service/index.js';
import type { DialectContext } from '../dialect.js';
import { ownedData } from '../shared/decoding/owned.js';
import { resultOf } from '../shared/decoding/reply.js';
import { checkModel } from '../shared/generation/choices.js';
import type { UnknownParameters } from '../shared/generation/ignored-names.js';
import { ParameterError } from '../shared/generation/parameter-error.js';
import type { PrincipalStore } from '../shared/principal-store.js';
import { openBody, type SentText } from '../shared/text-body/open-body.js';
import { LARGE_BYTES } from '../wire.js';
import { decodeText, type ReadText, type TextKind, type TextRequests, withModel } from './decode-text.js';
import { earlierResponse } from './stored-responses.js';
import { textFunction } from './text-jobs.js';
import { type UnnamedContext, unnamedModel } from './unnamed-model.js';

export interface ReadContext extends Pick<DialectContext, 'decoder'>, UnnamedContext {
  readonly service: Pick<Service, 'inference' | 'models' | 'server'>;
  readonly maxTextBytes: number;
  readonly unknownParameters: UnknownParameters;
  /** Where the responses are that a request may go on from. Default: there are none. */
  readonly store?: PrincipalStore;
}

interface SentBody<Kind extends TextKind> extends SentText {
  readonly kind: Kind;
}

/** The setting behind `maxTextBytes`. */
const TEXT_LIMIT = 'openai.maxTextBytes';
/** Tasks of kinds other than those that generate. */
const TASKS: Readonly<Partial<Record<TextKind, ModelTask>>> = {
  embedding: 'embed',
  pooling: 'embed',
  score: 'rank',
  classify: 'classify',
};
/** Kinds that may go on from a stored response. */
const CONTINUING: ReadonlySet<TextKind> = new Set(['response', 'inputTokens']);

/**
 * The request of a body. Only its head is read before it is known that the caller may infer the model. Rejects with what is wrong with the
 * body, and as `service.inference.resolve`.
 */
export async function readRequest<Kind extends TextKind>(
  context: ReadContext,
  call: Call,
  sent: SentBody<Kind>,
): Promise<TextRequests[Kind]> {
  const { kind } = sent;
  const { head, body, value } = await openBody({ ...context, setting: TEXT_LIMIT }, call, sent);
  const { model = unnamedModel(context, call, TASKS[kind] ?? 'generate') } = head;
  await checkModel(context, call, model);
  const { decoder, store, maxTextBytes, unknownParameters: unknown } = context;
  const earlier = CONTINUING.has(kind) && store ? earlierResponse(store, call, head.previousId) : undefined;
  const earlierBytes = earlier?.length ?? 0;
  if (value !== undefined && earlierBytes + body.length <= LARGE_BYTES) {
    return noted(call, decodeText(kind, { value: withModel(value, model), earlier, unknown }));
  }
  if (earlierBytes > maxTextBytes) {
    const expected = `expected a conversation of at most ${maxTextBytes} bytes (${TEXT_LIMIT})`;
    throw new ParameterError('previous_response_id', `'previous_response_id': ${expected}, got ${earlierBytes}`);
  }
  const moved = ownedData(body);
  const input = { kind, body: moved, model, earlier, unknown };
  const sizeBytes = earlierBytes + body.length;
  return noted(call, resultOf(await decoder.decode(call, textFunction<Kind>(), { input, moves: [moved], sizeBytes })));
}

/** The answer says which members of the body have no effect on it. */
function noted<Kind extends TextKind>(call: Call, { request, ignored }: ReadText<Kind>): TextRequests[Kind] {
  call.timing.ignored = ignored;
  return request;
}
