import { type Call, MillraceError } from '../../core/index.js';
import type { OpenApiObject } from '../openapi.js';
import type { Route, RouteRequest } from '../route.js';
import type { WireResponse, WireStream } from '../wire.js';
import type { RequestKind, Requests } from './decode-body.js';
import { answerMessage, countTokens } from './message.js';
import { OPERATIONS } from './openapi.js';
import { type AnthropicContext, readRequest } from './read-request.js';

/** How the requests of a route are read and answered. */
interface Reading<Kind extends RequestKind> {
  readonly kind: Kind;
  readonly summary: string;
  readonly operation: OpenApiObject;
  readonly streams: boolean;
  readonly answer: (
    context: AnthropicContext,
    call: Call,
    request: Requests[Kind],
  ) => Promise<WireResponse | WireStream>;
}

/** Anthropic's routes, those that are shared with others excepted. */
export function createAnthropicRoutes(context: AnthropicContext): readonly Route[] {
  return [
    readingRoute(context, '/v1/messages', {
      kind: 'message',
      summary: 'Create a message',
      operation: OPERATIONS.message,
      streams: true,
      answer: answerMessage,
    }),
    readingRoute(context, '/v1/messages/count_tokens', {
      kind: 'count',
      summary: 'Count the tokens of a message',
      operation: OPERATIONS.count,
      streams: false,
      answer: countTokens,
    }),
    {
      method: 'POST',
      path: '/v1/messages/batches',
      tag: 'anthropic',
      summary: 'Refuse a batch of messages',
      access: 'key',
      control: false,
      hidden: true,
      handle() {
        const instead = 'POST /v1/batches runs files of requests to /v1/messages';
        throw new MillraceError('unimplemented', `message batches are not supported here; ${instead}`);
      },
    },
  ];
}

function readingRoute<Kind extends RequestKind>(
  context: AnthropicContext,
  path: string,
  { kind, answer, ...described }: Reading<Kind>,
): Route {
  return {
    method: 'POST',
    path,
    tag: 'anthropic',
    ...described,
    access: 'key',
    control: false,
    inference: true,
    body: { kind: 'bytes' },
    async handle(call, { body, headers }) {
      const request = await readRequest(context, call, { kind, body });
      noteBetas(call, headers);
      return answer(context, call, request);
    },
  };
}

/** Clients name the betas that they are made for. */
function noteBetas({ timing }: Call, headers: RouteRequest['headers']): void {
  if (headers['anthropic-beta'] !== undefined) timing.ignored = [...timing.ignored, 'anthropic-beta'];
}
