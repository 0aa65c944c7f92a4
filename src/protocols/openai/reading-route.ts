import type { Call } from '../../core/index.js';
import type { DIALECT_USES, DialectContext } from '../dialect.js';
import type { OpenApiObject } from '../openapi.js';
import type { Route } from '../route.js';
import type { PrincipalStore } from '../shared/principal-store.js';
import type { WireResponse, WireStream } from '../wire.js';
import type { TextKind, TextRequests } from './decode-text.js';
import { type ReadContext, readRequest } from './read-request.js';
import type { UnnamedContext } from './unnamed-model.js';

/** What this dialect is made with. */
export type OpenAiDialectContext = DialectContext<(typeof DIALECT_USES)[number] | 'files' | 'batches'>;

/** Dependencies of this dialect's routes. */
export interface OpenAiContext
  extends OpenAiDialectContext,
    Pick<UnnamedContext, 'defaultModel'>,
    Pick<ReadContext, 'unknownParameters'> {
  /** Responses that callers come back for. */
  readonly store: PrincipalStore;
  /** Most text of a request. */
  readonly maxTextBytes: number;
}

export interface Described {
  readonly summary: string;
  readonly operation: OpenApiObject;
}

/** How the requests of a route are read and answered. */
export interface Reading<Kind extends TextKind> extends Described {
  readonly kind: Kind;
  /** It may answer bit by bit. Default: true. */
  readonly streams?: boolean;
  readonly answer: (
    context: OpenAiContext,
    call: Call,
    request: TextRequests[Kind],
  ) => Promise<WireResponse | WireStream>;
}

/** A route whose body is a request to a model. */
export function readingRoute<Kind extends TextKind>(
  context: OpenAiContext,
  path: string,
  { kind, streams = true, answer, ...described }: Reading<Kind>,
): Route {
  return {
    method: 'POST',
    path,
    tag: 'openai',
    ...described,
    access: 'key',
    control: false,
    inference: true,
    streams,
    body: { kind: 'bytes' },
    handle: async (call, { body }) => answer(context, call, await readRequest(context, call, { kind, body })),
  };
}
