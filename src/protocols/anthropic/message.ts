import type { Call, FinishReason, Usage } from '../../core/index.js';
import { jsonResponse } from '../route.js';
import { type ChoicePiece, Choices, type ChoicesContext, type Generated } from '../shared/generation/choices.js';
import { eventStream, namedEvent } from '../shared/generation/event-stream.js';
import { newId } from '../shared/generation/new-id.js';
import type { Places } from '../shared/generation/parameter-error.js';
import type { WireResponse, WireStream } from '../wire.js';
import type { CountRequest, MessageRequest } from './decode-request.js';
import { errorBody } from './errors.js';
import { MessageOutput } from './message-output.js';

const PLACES: Places = {
  context_length_exceeded: 'messages',
  invalid_json_schema: 'output_config.format.schema',
  invalid_function_parameters: 'tools',
};
const PING = namedEvent('ping', {});

/** `POST /v1/messages`. */
export async function answerMessage(
  context: ChoicesContext,
  call: Call,
  request: MessageRequest,
): Promise<WireResponse | WireStream> {
  const choices = choicesOf(context, call, request);
  const head = { id: newId('msg_'), model: request.model };
  if (request.stream) {
    return eventStream(events(choices, head), context.clock, {
      failed: (error) => namedEvent('error', errorBody(error)),
      last: '',
      heartbeat: PING,
    });
  }
  const answer = await choices.only();
  const output = new MessageOutput();
  // Nobody reads its events.
  for (const _ of [...output.add(answer.delta), ...output.end()]);
  return jsonResponse({ ...messageOf(head, answer.usage), content: output.content, ...stopOf(answer) });
}

/** `POST /v1/messages/count_tokens`: how many tokens the same would be as a request for a message. */
export async function countTokens(context: ChoicesContext, call: Call, request: CountRequest): Promise<WireResponse> {
  const { usage } = await choicesOf(context, call, request).only();
  return jsonResponse({ input_tokens: usage?.promptTokens });
}

function choicesOf(context: ChoicesContext, call: Call, request: CountRequest): Choices {
  call.timing.decodedAt = context.clock.now();
  return new Choices(context, call, { ...request, places: PLACES });
}

interface Head {
  readonly id: string;
  readonly model: string;
}

async function* events(choices: Choices, head: Head): AsyncGenerator<string> {
  const output = new MessageOutput();
  let last: ChoicePiece | undefined;
  for await (const piece of choices.pieces()) {
    // What fails before the first piece is no stream.
    if (last === undefined) {
      yield namedEvent('message_start', { message: messageOf(head, piece.usage) });
      yield PING;
    }
    last = piece;
    for (const { type, data } of output.add(piece.delta)) yield namedEvent(type, data);
  }
  for (const { type, data } of output.end()) yield namedEvent(type, data);
  yield namedEvent('message_delta', { delta: { ...stopOf(last), container: null }, usage: deltaUsage(last?.usage) });
  yield namedEvent('message_stop', {});
}

/** A message that has only begun. */
function messageOf({ id, model }: Head, usage: Usage | undefined): object {
  return {
    id,
    type: 'message',
    role: 'assistant',
    model,
    content: [],
    stop_reason: null,
    stop_sequence: null,
    stop_details: null,
    container: null,
    diagnostics: null,
    usage: { ...deltaUsage(usage), cache_creation: null, inference_geo: null, service_tier: null, speed: null },
  };
}

/** Tokens so far. What came from the cache is no part of `input_tokens`, as Anthropic counts. */
function deltaUsage({
  promptTokens,
  cachedTokens = 0,
  completionTokens,
  reasoningTokens = 0,
}: Usage = NO_USAGE): object {
  return {
    input_tokens: promptTokens - cachedTokens,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: cachedTokens,
    output_tokens: completionTokens,
    output_tokens_details: { thinking_tokens: reasoningTokens },
    server_tool_use: null,
  };
}

const NO_USAGE: Usage = { promptTokens: 0, completionTokens: 0 };

const STOP_REASONS: Readonly<Record<FinishReason, string>> = {
  stop: 'end_turn',
  length: 'max_tokens',
  tool_calls: 'tool_use',
  content_filter: 'refusal',
};

function stopOf(answer: Pick<Generated, 'delta' | 'finishReason'> | undefined): object {
  const { delta, finishReason = 'stop' } = answer ?? {};
  const { stopSequence } = delta ?? {};
  return {
    stop_reason: stopSequence === undefined ? STOP_REASONS[finishReason] : 'stop_sequence',
    stop_sequence: stopSequence ?? null,
    stop_details: null,
  };
}
