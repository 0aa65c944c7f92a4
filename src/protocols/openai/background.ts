import { type Call, type CallContext, toMillraceError } from '../../core/index.js';
import { JobElsewhere, type JobInfo, type JobResult, type JobUseCases } from '../../service/index.js';
import { jsonResponse, jsonTextResponse, type RouteRequest } from '../route.js';
import { eventStream } from '../shared/generation/event-stream.js';
import { ParameterError } from '../shared/generation/parameter-error.js';
import type { WireResponse, WireStream } from '../wire.js';
import { FIRST_EVENTS, jobOfResponse, responseIdOf } from './background-ids.js';
import type { BackgroundStreams } from './background-streams.js';
import type { ResponseRequest } from './decode-response.js';
import { errorBody } from './errors.js';
import { refuseOtherParameters } from './lists.js';
import { replay } from './replay.js';
import { errorOf, responseEvent, seconds, unfinished } from './response-object.js';
import { answerResponse, type ResponsesContext } from './responses.js';
import { packStored, storedJson } from './stored-response.js';
import { deleteResponse, getResponse, type StoredContext, unknown } from './stored-responses.js';

export interface BackgroundContext extends ResponsesContext, StoredContext {
  readonly jobs: JobUseCases;
  readonly streams: BackgroundStreams;
}

interface SentResponse {
  readonly request: ResponseRequest;
  /** As it came; its body is its own. */
  readonly sent: Pick<RouteRequest, 'method' | 'url' | 'headers' | 'body'>;
}

/** `POST /v1/responses` with `background`: the request is stored as a job, which answers it. */
export async function createBackground(
  context: BackgroundContext,
  call: Call,
  { request, sent }: SentResponse,
): Promise<WireResponse | WireStream> {
  const { jobs, clock, store } = context;
  if (!jobs.enabled) {
    throw new ParameterError('background', "'background' is not supported here: jobs.enabled is off", 'unimplemented');
  }
  const { method, url, headers, body } = sent;
  const answer = () => answerResponse(context, call, request);
  const later = { dialect: 'openai', method, url, headers, body, priority: 'normal', answer } as const;
  const outcome = await jobs.submitRequest(call, later);
  if ('answer' in outcome) return outcome.answer;
  const id = responseIdOf(outcome.job.id);
  const draft = { id, createdAt: seconds(clock), request, choices: { spec: undefined }, store: true };
  const queued = unfinished(draft, 'queued');
  // Until the response is there; without it, readers are told less.
  if (outcome.job.state === 'queued') store.put(call, id, packStored(queued, request.history));
  return request.stream ? follow(context, call, { id, after: undefined }) : jsonResponse(queued);
}

/** `GET /v1/responses/{response}`, also as a stream that goes on behind an event. */
export async function getAnyResponse(
  context: BackgroundContext,
  call: Call,
  request: RouteRequest,
): Promise<WireResponse | WireStream> {
  const { response: id = '' } = request.params;
  if (jobOfResponse(id) === undefined) return getResponse(context, call, request);
  const { query } = request;
  refuseOtherParameters(query, ['stream', 'starting_after', 'include', 'include[]', 'include_obfuscation']);
  if (query.get('stream') === 'true') return follow(context, call, { id, after: readAfter(query) });
  if (query.has('starting_after')) throw new ParameterError('starting_after', "'starting_after' needs 'stream=true'");
  return jsonTextResponse(await read(context, call, id));
}

/** `POST /v1/responses/{response}/cancel`. One that has ended is answered as it is. */
export async function cancelResponse(
  context: BackgroundContext,
  call: Call,
  { params }: RouteRequest,
): Promise<WireResponse> {
  const { response: id = '' } = params;
  const job = jobOfResponse(id);
  if (job === undefined) {
    if (context.store.get(call, id) === undefined) throw unknown(id);
    throw new ParameterError(
      'response_id',
      `the response '${id}' was not created with 'background': it cannot be cancelled`,
    );
  }
  const info = await known(id, context.jobs.get(call, job));
  if (info.endedAtMs === undefined) await cancel(context.jobs, call, job);
  return jsonTextResponse(await read(context, call, id));
}

/** `DELETE /v1/responses/{response}`. One that has not ended is cancelled. */
export async function deleteAnyResponse(
  context: BackgroundContext,
  call: Call,
  request: RouteRequest,
): Promise<WireResponse> {
  const { response: id = '' } = request.params;
  const job = jobOfResponse(id);
  if (job === undefined) return deleteResponse(context, call, request);
  refuseOtherParameters(request.query, []);
  const info = await known(id, context.jobs.get(call, job));
  if (info.endedAtMs === undefined) await cancel(context.jobs, call, job);
  await known(id, context.jobs.remove(call, job));
  context.store.delete(call, id);
  context.streams.drop(id);
  return jsonResponse({ id, object: 'response', deleted: true });
}

/** It may end meanwhile. */
async function cancel(jobs: JobUseCases, call: CallContext, job: string): Promise<void> {
  await jobs.cancel(call, job).catch((thrown: unknown) => {
    if (toMillraceError(thrown).code !== 'failed_precondition') throw thrown;
  });
}

/** Hides whether there is, or was, such a job, also on another server. */
async function known<Result>(id: string, asked: Promise<Result>): Promise<Result> {
  try {
    return await asked;
  } catch (thrown) {
    if (thrown instanceof JobElsewhere) throw unknown(id);
    throw toMillraceError(thrown).code === 'not_found' ? unknown(id) : thrown;
  }
}

/** JSON of a response as it is. */
async function read({ jobs, store }: BackgroundContext, call: CallContext, id: string): Promise<string> {
  const result = await known(id, jobs.result(call, jobOfResponse(id) ?? ''));
  const { info, answer } = result;
  if (info.state === 'succeeded' && answer !== undefined) return Buffer.from(answer.body).toString();
  const stored = store.get(call, id);
  const base = stored === undefined ? asKnown(id, info) : JSON.parse(Buffer.from(storedJson(stored)).toString());
  return JSON.stringify({ ...base, output: [], ...statusOf(result) });
}

function statusOf(result: JobResult): object {
  const { state } = result.info;
  switch (state) {
    case 'queued':
      return { status: 'queued' };
    case 'running':
      return { status: 'in_progress' };
    case 'cancelled':
      return { status: 'cancelled' };
    default:
      return { status: 'failed', error: failureOf(result) };
  }
}

function failureOf({ info, answer }: JobResult): object {
  const { errorMessage: message = 'the response could not be generated' } = info;
  const told = answer && errorOf(JSON.parse(Buffer.from(answer.body).toString()));
  return told ?? { code: 'server_error', message };
}

/** A response of which no more than its job is known: the server has started again since. */
function asKnown(id: string, { model, createdAtMs }: JobInfo): object {
  return {
    id,
    object: 'response',
    created_at: Math.floor(createdAtMs / 1_000),
    completed_at: null,
    status: 'queued',
    background: true,
    error: null,
    incomplete_details: null,
    instructions: null,
    metadata: {},
    model,
    output: [],
    parallel_tool_calls: true,
    previous_response_id: null,
    store: true,
    temperature: null,
    text: { format: { type: 'text' } },
    tool_choice: 'auto',
    tools: [],
    top_p: null,
    truncation: 'disabled',
    usage: null,
  };
}

interface Following {
  readonly id: string;
  /** Sequence number of the last event that is known; undefined = none. */
  readonly after: number | undefined;
}

function follow(context: BackgroundContext, call: Call, following: Following): WireStream {
  let number = following.after ?? -1;
  const events = async function* () {
    for await (const event of eventsOf(context, call, following)) {
      number = event.number;
      yield event.text;
    }
  };
  const failed = (error: Parameters<typeof errorBody>[0]) => {
    const { message, code, param } = errorBody(error).error;
    return responseEvent('error', number + 1, { code, message, param });
  };
  return eventStream(events(), context.clock, { failed, last: '' });
}

/**
 * Events behind a number: those in memory, then those that come, and the response as it was stored. Events of which none is in memory are made
 * of the stored response, for readers who have seen none; the others get the response.
 */
async function* eventsOf({ jobs, streams, ...context }: BackgroundContext, call: Call, { id, after = -1 }: Following) {
  const job = jobOfResponse(id) ?? '';
  let seen = after;
  const response = JSON.parse(await read({ jobs, streams, ...context }, call, id));
  const queued = { ...response, status: 'queued', output: [], error: null, usage: null, completed_at: null };
  for (const [number, type] of ['response.created', 'response.queued'].entries()) {
    if (number <= seen) continue;
    seen = number;
    yield { number, text: responseEvent(type, number, { response: queued }) };
  }
  const changes = jobs.follow(call, job, undefined)[Symbol.asyncIterator]();
  let change = changes.next();
  try {
    for (;;) {
      const wait = streams.wait(id);
      for (const event of streams.eventsAfter(id, seen)) {
        seen = event.number;
        yield event;
      }
      const next = await Promise.race([change, wait.changed]);
      wait.close();
      if (next === undefined) continue;
      // The server ends: the reader comes back.
      if (next.done === true) return;
      if (next.value?.endedAtMs !== undefined) break;
      change = changes.next();
    }
  } finally {
    await changes.return?.();
  }
  for (const event of streams.eventsAfter(id, seen)) {
    seen = event.number;
    yield event;
  }
  const last = JSON.parse(await read({ jobs, streams, ...context }, call, id));
  if (seen < FIRST_EVENTS && after < FIRST_EVENTS) {
    for (const event of replay(last, seen + 1)) {
      seen = event.number;
      yield event;
    }
  }
  const { status } = last as { readonly status: string };
  yield { number: seen + 1, text: responseEvent(`response.${status}`, seen + 1, { response: last }) };
}

function readAfter(query: URLSearchParams): number | undefined {
  const text = query.get('starting_after');
  if (text === null) return undefined;
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new ParameterError(
    'starting_after',
    `'starting_after': expected a sequence number, got '${text.slice(0, 60)}'`,
  );
}
