import type { Call } from '../../core/index.js';
import type { Resolved } from '../../service/index.js';
import type { DialectContext } from '../dialect.js';
import type { DecodeFunction } from '../shared/decoding/jobs.js';
import type { Reply } from '../shared/decoding/reply.js';
import { resolveWithTask } from '../shared/pooling/run.js';
import { onlyModel } from '../shared/pooling/tasks.js';
import { type BodyJob, decodeBody } from '../shared/text-body/decode-body.js';
import { openBody } from '../shared/text-body/open-body.js';
import { DECODERS, type RerankKind, type RerankRequests } from './decode.js';
import type { RerankOptions } from './options.js';

/** Dependencies of this dialect's routes. */
export interface RerankContext
  extends Pick<DialectContext, 'service' | 'clock' | 'decoder'>,
    Pick<RerankOptions, 'maxTextBytes'> {}

/** The task of each kind of request. */
const TASK_OF = { rerank: 'rank', embed: 'embed' } as const;

/** A request, and the model that it is for. */
export interface Asked<Request> {
  readonly request: Request;
  readonly resolved: Resolved;
  /** As the caller named it. */
  readonly model: string;
}

/** Reads a body. Only its head is read before it is known that the caller may infer the model. Rejects as `service.inference.resolve`. */
export async function readAsked<Kind extends RerankKind>(
  context: RerankContext,
  call: Call,
  { kind, body }: { readonly kind: Kind; readonly body: Uint8Array },
): Promise<Asked<RerankRequests[Kind]>> {
  const opened = await openBody({ ...context, setting: 'rerank.maxTextBytes' }, call, { body });
  const task = TASK_OF[kind];
  const { model = onlyModel(context.service, call, { tasks: [task], hint: '' }) } = opened.head;
  const resolved = await resolveWithTask(context, call, { model, task });
  const decode: (value: unknown) => RerankRequests[Kind] = DECODERS[kind];
  const job: DecodeFunction<BodyJob<Kind>, Reply<RerankRequests[Kind]>> = { module, name: 'request' };
  return { resolved, model, request: await decodeBody(context, call, { opened, kind, decode, job }) };
}

const module = new URL('./decoders.js', import.meta.url).href;
