import type { Call, Clock, FinishReason, MillraceError, Usage } from '../../core/index.js';
import { effectiveSampling } from '../../generation/index.js';
import { jsonResponse } from '../route.js';
import { type ChoicePiece, Choices, type ChoicesContext } from '../shared/generation/choices.js';
import { eventStream } from '../shared/generation/event-stream.js';
import { ParameterError, type Places } from '../shared/generation/parameter-error.js';
import type { PrincipalStore } from '../shared/principal-store.js';
import type { WireResponse, WireStream } from '../wire.js';
import type { CountRequest, ResponseRequest } from './decode-response.js';
import { errorBody } from './errors.js';
import { newId, TEXTS_ROUTE } from './head.js';
import { ResponseOutput } from './response-output.js';
import { packStored } from './stored-response.js';

const PLACES: Places = {
  context_length_exceeded: 'input',
  invalid_json_schema: 'text.format',
  invalid_function_parameters: 'tools',
};

/** What answering takes. */
export interface ResponsesContext extends ChoicesContext {
  readonly store: PrincipalStore;
}

/** A response that is being made: its ids, and what its request says. */
interface Draft {
  readonly id: string;
  readonly createdAt: number;
  readonly request: ResponseRequest;
  readonly choices: Pick<Choices, 'spec'>;
  /** It is kept. */
  readonly store: boolean;
}

/** What has become of it. */
interface Outcome {
  readonly output: readonly object[];
  readonly finishReason: FinishReason | undefined;
  readonly usage: Usage | undefined;
}

/** `POST /v1/responses`. */
export async function answerResponse(
  context: ResponsesContext,
  call: Call,
  request: ResponseRequest,
): Promise<WireResponse | WireStream> {
  const { clock, store } = context;
  if (request.store === true && !store.keeps) {
    throw new ParameterError('store', "'store' is not supported here: no responses are kept", 'unimplemented');
  }
  call.timing.decodedAt = clock.now();
  const choices = new Choices(context, call, { ...request, places: PLACES, textsRoute: TEXTS_ROUTE });
  const draft: Draft = {
    id: newId('resp_'),
    createdAt: seconds(clock),
    request,
    choices,
    store: request.store ?? store.keeps,
  };
  const conclude = (outcome: Outcome): object => {
    const response = finished(draft, outcome, seconds(clock));
    const kept = draft.store && store.put(call, draft.id, packStored(response, request.history));
    return { ...response, store: kept };
  };
  if (request.stream) {
    const events = new ResponseEvents(draft, conclude);
    return eventStream(events.all(choices), clock, { failed: (error) => events.failed(error), last: '' });
  }
  const { delta, finishReason, usage } = await choices.only();
  const output = new ResponseOutput();
  // Nobody reads its events.
  for (const _ of [...output.add(delta), ...output.end(isCut({ finishReason }))]);
  return jsonResponse(conclude({ output: output.items, finishReason, usage }));
}

/** `POST /v1/responses/input_tokens`: how many tokens the same would be as the input of a response. */
export async function countInputTokens(
  context: ChoicesContext,
  call: Call,
  request: CountRequest,
): Promise<WireResponse> {
  call.timing.decodedAt = context.clock.now();
  const { usage } = await new Choices(context, call, { ...request, places: PLACES, textsRoute: TEXTS_ROUTE }).only();
  return jsonResponse({ object: 'response.input_tokens', input_tokens: usage?.promptTokens });
}

/** The events of a stream, numbered. */
class ResponseEvents {
  readonly #draft: Draft;
  readonly #conclude: (outcome: Outcome) => object;
  #sequence = 0;

  /** `conclude` makes the whole response. */
  constructor(draft: Draft, conclude: (outcome: Outcome) => object) {
    this.#draft = draft;
    this.#conclude = conclude;
  }

  async *all(choices: Choices): AsyncGenerator<string> {
    const output = new ResponseOutput();
    let last: ChoicePiece | undefined;
    for await (const piece of choices.pieces()) {
      // What fails before the first piece is no stream.
      if (last === undefined) yield* this.#begin();
      last = piece;
      for (const { type, data } of output.add(piece.delta)) yield this.#event(type, data);
    }
    const { finishReason, usage } = last ?? {};
    for (const { type, data } of output.end(isCut({ finishReason }))) yield this.#event(type, data);
    const response = this.#conclude({ output: output.items, finishReason, usage });
    yield this.#event(isCut({ finishReason }) ? 'response.incomplete' : 'response.completed', { response });
  }

  /** Tells of an error and ends. */
  failed(error: MillraceError): string {
    const { message, code, param } = errorBody(error).error;
    const response = { ...unfinished(this.#draft), status: 'failed', error: { code: code ?? 'server_error', message } };
    return this.#event('error', { code, message, param }) + this.#event('response.failed', { response });
  }

  *#begin(): Generator<string> {
    const response = unfinished(this.#draft);
    yield this.#event('response.created', { response });
    yield this.#event('response.in_progress', { response });
  }

  #event(type: string, data: object): string {
    return `event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: this.#sequence++, ...data })}\n\n`;
  }
}

function unfinished({ id, createdAt, request, choices, store }: Draft): object {
  const { model, instructions, previousId = null, truncation, settings } = request;
  const sampling = effectiveSampling(choices.spec ?? {});
  return {
    id,
    object: 'response',
    created_at: createdAt,
    completed_at: null,
    status: 'in_progress',
    background: false,
    error: null,
    incomplete_details: null,
    instructions,
    model,
    output: [],
    previous_response_id: previousId,
    store,
    truncation,
    usage: null,
    ...settings,
    temperature: settings.temperature ?? sampling.temperature,
    top_p: settings.top_p ?? sampling.topP,
  };
}

function finished(draft: Draft, outcome: Outcome, nowS: number): object {
  return {
    ...unfinished(draft),
    status: isCut(outcome) ? 'incomplete' : 'completed',
    completed_at: isCut(outcome) ? null : nowS,
    incomplete_details: isCut(outcome) ? { reason: 'max_output_tokens' } : null,
    output: outcome.output,
    usage: usageOf(outcome.usage),
  };
}

function isCut({ finishReason }: Pick<Outcome, 'finishReason'>): boolean {
  return finishReason === 'length';
}

function usageOf(usage: Usage | undefined): object | null {
  if (usage === undefined) return null;
  const { promptTokens, cachedTokens = 0, completionTokens, reasoningTokens = 0 } = usage;
  return {
    input_tokens: promptTokens,
    // Writing prefixes to the cache is not counted apart.
    input_tokens_details: { cached_tokens: cachedTokens, cache_write_tokens: 0 },
    output_tokens: completionTokens,
    output_tokens_details: { reasoning_tokens: reasoningTokens },
    total_tokens: promptTokens + completionTokens,
  };
}

/** Since 1970. */
function seconds(clock: Clock): number {
  return Math.floor(clock.wallNow() / 1_000);
}
