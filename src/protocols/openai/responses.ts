import type { Call, JobRun, MillraceError } from '../../core/index.js';
import { jsonResponse } from '../route.js';
import { type ChoicePiece, Choices, type ChoicesContext } from '../shared/generation/choices.js';
import { eventStream } from '../shared/generation/event-stream.js';
import { newId } from '../shared/generation/new-id.js';
import { ParameterError, type Places } from '../shared/generation/parameter-error.js';
import type { PrincipalStore } from '../shared/principal-store.js';
import type { WireResponse, WireStream } from '../wire.js';
import { firstNumberOf, responseIdOf } from './background-ids.js';
import type { BackgroundStreams, StreamedEvent } from './background-streams.js';
import type { CountRequest, ResponseRequest } from './decode-response.js';
import { errorBody } from './errors.js';
import { TEXTS_ROUTE } from './head.js';
import { type Draft, finished, isCut, type Outcome, responseEvent, seconds, unfinished } from './response-object.js';
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
  readonly streams: BackgroundStreams;
}

/** `POST /v1/responses`. */
export async function answerResponse(
  context: ResponsesContext,
  call: Call,
  request: ResponseRequest,
): Promise<WireResponse | WireStream> {
  const { clock, store } = context;
  if (request.store === true && !store.keeps && !request.background) {
    throw new ParameterError('store', "'store' is not supported here: no responses are kept", 'unimplemented');
  }
  call.timing.decodedAt = clock.now();
  const choices = new Choices(context, call, { ...request, places: PLACES, textsRoute: TEXTS_ROUTE });
  const job = request.background ? call.job : undefined;
  const draft: Draft = {
    id: job === undefined ? newId('resp_') : responseIdOf(job.id),
    createdAt: seconds(clock),
    request,
    choices,
    store: request.background || (request.store ?? store.keeps),
  };
  const conclude = (outcome: Outcome): object => {
    const response = finished(draft, outcome, seconds(clock));
    const kept = draft.store && store.put(call, draft.id, packStored(response, request.history));
    // Those in the background are kept as jobs, too.
    return { ...response, store: kept || request.background };
  };
  // One in the background is only checked before it is stored.
  if (request.stream && !(request.background && job === undefined)) {
    const events = new ResponseEvents(draft, conclude);
    if (job !== undefined) return runStreamed(context.streams, call, { id: draft.id, job, events, choices });
    return eventStream(events.all(choices), clock, { failed: (error) => events.failed(error), last: '' });
  }
  const { delta, finishReason, usage } = await choices.only();
  const output = new ResponseOutput();
  // Nobody reads its events.
  for (const _ of [...output.add(delta), ...output.end(isCut({ finishReason }))]);
  return jsonResponse(conclude({ output: output.items, finishReason, usage }));
}

interface StreamedRun {
  readonly id: string;
  readonly job: JobRun;
  readonly events: ResponseEvents;
  readonly choices: Choices;
}

/** Generates a response whose events clients may follow; the answer is the whole of it. */
async function runStreamed(
  streams: BackgroundStreams,
  call: Call,
  { id, job, events, choices }: StreamedRun,
): Promise<WireResponse> {
  streams.begin(id, call.principal.ownerId);
  try {
    events.number = firstNumberOf(job);
    for await (const { number, text } of events.written(choices, ['response.in_progress']))
      streams.add(id, { number, text });
    return jsonResponse(events.conclude());
  } finally {
    streams.end(id);
  }
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
  /** Of the next event. */
  number = 0;
  readonly #draft: Draft;
  readonly #conclude: (outcome: Outcome) => object;
  readonly #output = new ResponseOutput();
  #last: ChoicePiece | undefined;

  /** `conclude` makes the whole response. */
  constructor(draft: Draft, conclude: (outcome: Outcome) => object) {
    this.#draft = draft;
    this.#conclude = conclude;
  }

  async *all(choices: Choices): AsyncGenerator<string> {
    for await (const { text } of this.written(choices, ['response.created', 'response.in_progress'])) yield text;
    const isIncomplete = isCut({ finishReason: this.#last?.finishReason });
    yield this.#event(isIncomplete ? 'response.incomplete' : 'response.completed', { response: this.conclude() }).text;
  }

  /** All events but the last; `begin`: types of the first ones. */
  async *written(choices: Choices, begin: readonly string[]): AsyncGenerator<StreamedEvent> {
    for await (const piece of choices.pieces()) {
      // What fails before the first piece is no stream.
      if (this.#last === undefined) {
        for (const type of begin) yield this.#event(type, { response: unfinished(this.#draft) });
      }
      this.#last = piece;
      for (const { type, data } of this.#output.add(piece.delta)) yield this.#event(type, data);
    }
    const { finishReason } = this.#last ?? {};
    for (const { type, data } of this.#output.end(isCut({ finishReason }))) yield this.#event(type, data);
  }

  /** The whole response, once all events are written. */
  conclude(): object {
    const { finishReason, usage } = this.#last ?? {};
    return this.#conclude({ output: this.#output.items, finishReason, usage });
  }

  /** Tells of an error and ends. */
  failed(error: MillraceError): string {
    const { message, code, param } = errorBody(error).error;
    const response = { ...unfinished(this.#draft), status: 'failed', error: { code: code ?? 'server_error', message } };
    return this.#event('error', { code, message, param }).text + this.#event('response.failed', { response }).text;
  }

  #event(type: string, data: object): StreamedEvent {
    const number = this.number++;
    return { number, text: responseEvent(type, number, data) };
  }
}
