import type { Call } from '../../core/index.js';
import type { DialectContext } from '../dialect.js';
import type { DecodeFunction } from '../shared/decoding/jobs.js';
import { ownedData } from '../shared/decoding/owned.js';
import { type Reply, resultOf } from '../shared/decoding/reply.js';
import { checkModel } from '../shared/generation/choices.js';
import { onlyModel } from '../shared/pooling/tasks.js';
import { openBody } from '../shared/text-body/open-body.js';
import { decodeValue, type ReadRequest, type RequestKind, type Requests, type UnreadBody } from './decode-body.js';
import type { AnthropicOptions } from './options.js';

/** Dependencies of this dialect's routes. */
export interface AnthropicContext extends DialectContext, AnthropicOptions {}

interface Sent<Kind extends RequestKind> {
  readonly kind: Kind;
  readonly body: Uint8Array;
}

/**
 * The request of a body. Only its head is read before it is known that the caller may infer the model. Rejects with what is wrong with the
 * body, and as `service.inference.resolve`.
 */
export async function readRequest<Kind extends RequestKind>(
  context: AnthropicContext,
  call: Call,
  { kind, body: sent }: Sent<Kind>,
): Promise<Requests[Kind]> {
  const { service, decoder, unknownParameters: unknown } = context;
  const { head, body, value } = await openBody({ ...context, setting: 'anthropic.maxTextBytes' }, call, { body: sent });
  const { model = onlyModel(service, call, { tasks: ['generate'], hint: '' }) } = head;
  await checkModel(context, call, model);
  const reading = { kind, model, unknown };
  if (value !== undefined) return noted(call, decodeValue(value, reading));
  const moved = ownedData(body);
  const input = { ...reading, body: moved };
  return noted(call, resultOf(await decoder.decode(call, requestFunction<Kind>(), { input, moves: [moved] })));
}

/** The answer says which members of the body have no effect on it. */
function noted<Kind extends RequestKind>(call: Call, { request, ignored }: ReadRequest<Kind>): Requests[Kind] {
  call.timing.ignored = ignored;
  return request;
}

const module = new URL('./decoders.js', import.meta.url).href;

function requestFunction<Kind extends RequestKind>(): DecodeFunction<UnreadBody<Kind>, Reply<ReadRequest<Kind>>> {
  return { module, name: 'request' };
}
