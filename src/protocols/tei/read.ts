import { type Call, invalidArgument, MillraceError, type ModelTask, poolingSpecOf } from '../../core/index.js';
import type { Resolved, ServedModel } from '../../service/index.js';
import type { DialectContext } from '../dialect.js';
import type { DecodeFunction } from '../shared/decoding/jobs.js';
import type { Reply } from '../shared/decoding/reply.js';
import { maxTexts, type PoolingRequest, type PoolingResult, runPooling, runTokens } from '../shared/pooling/run.js';
import { type BodyJob, decodeBody } from '../shared/text-body/decode-body.js';
import { openBody } from '../shared/text-body/open-body.js';
import { DECODERS } from './decode.js';
import { wrongModel } from './errors.js';
import type { TeiOptions } from './options.js';
import type { TextTask } from './place.js';
import type { PoolingKind, TeiKind, TeiRequest, TeiRequests, TokenKind } from './request.js';
import { checkEntailment } from './zero-shot.js';

/** Dependencies of this dialect's routes. */
export interface TeiContext
  extends Pick<DialectContext, 'service' | 'clock' | 'decoder'>,
    Pick<TeiOptions, 'maxTextBytes'> {}

/** The problem of a model that lacks the task, in TEI's words. */
const LACKING: Readonly<Partial<Record<ModelTask, string>>> = {
  embed: 'Model is not an embedding model',
  sparse: 'Model is not an embedding model with SPLADE pooling',
  rank: 'model is not a re-ranker model',
  classify: 'Model is not a classifier model',
  tokenClassify: 'Model does not classify tokens',
};

/** The task of each kind of request. */
export const TASK_OF: Readonly<Record<PoolingKind, TextTask>> = {
  embed: 'embed',
  embedAll: 'embed',
  embedSparse: 'sparse',
  similarity: 'embed',
  embeddings: 'embed',
  rerank: 'rank',
  predict: 'classify',
  tokenClasses: 'tokenClassify',
};

/** A request with the model's answer. */
export interface Answered<Request extends PoolingRequest> {
  readonly request: Request;
  readonly result: PoolingResult;
  readonly resolved: Resolved;
}

/** A caller's request to a model, before its body is read. */
export interface Asked<Kind extends TeiKind> {
  readonly kind: Kind;
  readonly resolved: Resolved;
  readonly body: Uint8Array;
}

/** The same after that. */
export interface Read<Kind extends TeiKind> {
  readonly kind: Kind;
  readonly resolved: Resolved;
  readonly request: TeiRequests[Kind];
}

/** Reads the body and runs the model. Rejects with TEI's errors. */
export async function answered<Kind extends PoolingKind>(
  context: TeiContext,
  call: Call,
  asked: Asked<Kind>,
): Promise<Answered<TeiRequests[Kind]>> {
  checkTask(asked);
  return answeredRequest(context, call, { ...asked, request: await readBody(context, call, asked) });
}

/** Runs the model. Rejects with TEI's errors. */
export async function answeredRequest<Kind extends PoolingKind>(
  context: TeiContext,
  call: Call,
  read: Read<Kind>,
): Promise<Answered<TeiRequests[Kind]>> {
  checkTask(read);
  const { request, resolved } = read;
  checkRequest(request, resolved.info, maxTexts(resolved));
  return { request, resolved, result: await inWordsOfTei(runPooling(context, call, { resolved, request }), resolved) };
}

/** Reads the body and has the model's preparer tell tokens, or their text. Rejects with TEI's errors. */
export async function answeredTokens(
  context: TeiContext,
  call: Call,
  asked: Asked<TokenKind>,
): Promise<readonly string[]> {
  checkTokenizer(asked);
  return toldTokens(context, call, { ...asked, request: await readBody(context, call, asked) });
}

/** Has the model's preparer tell tokens, or their text. Rejects with TEI's errors. */
export async function toldTokens(context: TeiContext, call: Call, read: Read<TokenKind>): Promise<readonly string[]> {
  checkTokenizer(read);
  const { request, resolved } = read;
  checkRequest(request, resolved.info, maxTexts(resolved));
  return inWordsOfTei(runTokens(context, call, { resolved, request }), resolved);
}

function checkTask({ kind, resolved }: Pick<Read<PoolingKind>, 'kind' | 'resolved'>): void {
  const task = TASK_OF[kind];
  if (resolved.info.tasks?.[task] === undefined) throw wrongModel(LACKING[task] ?? '');
}

function checkTokenizer({ resolved }: Pick<Read<TokenKind>, 'resolved'>): void {
  if (poolingSpecOf(resolved.info.tasks ?? {}) === undefined) throw wrongModel('Model has no tokenizer');
}

async function readBody<Kind extends TeiKind>(
  context: TeiContext,
  call: Call,
  { kind, resolved, body }: Asked<Kind>,
): Promise<TeiRequests[Kind]> {
  const { info } = resolved;
  const opened = await openBody({ ...context, setting: 'tei.maxTextBytes' }, call, { body, model: info.ref.name });
  const decode: (value: unknown) => TeiRequests[Kind] = DECODERS[kind];
  return decodeBody(context, call, { opened, kind, decode, job: requestFunction<Kind>() });
}

/** Reads a body in the decoding thread. */
function requestFunction<Kind extends TeiKind>(): DecodeFunction<BodyJob<Kind>, Reply<TeiRequests[Kind]>> {
  return { module: new URL('./decoders.js', import.meta.url).href, name: 'request' };
}

type Checked = Pick<TeiRequest, 'count' | 'parameters' | 'zeroShot'>;

function checkRequest({ count, parameters, zeroShot }: Checked, { tasks }: ServedModel, most: number): void {
  if (zeroShot !== undefined) checkEntailment(tasks?.classify?.labels ?? []);
  if (count > most) throw invalidArgument(`batch size ${count} > maximum allowed batch size ${most}`);
  const { dimensions = 0, pooling } = parameters;
  if (dimensions > (tasks?.embed?.dimensions ?? 0)) {
    throw invalidArgument(
      'Input validation error: `dimensions` should be smaller than the maximum embedding dimension.',
    );
  }
  if (pooling === 'none' && tasks?.embed?.tokenVectors !== true) {
    throw wrongModel('Model gives no vectors of tokens');
  }
}

async function inWordsOfTei<Result>(running: Promise<Result>, { info }: Resolved): Promise<Result> {
  try {
    return await running;
  } catch (error) {
    if (!(error instanceof MillraceError) || error.reason !== 'context_length_exceeded') throw error;
    const { maxInputTokens = 0 } = poolingSpecOf(info.tasks ?? {}) ?? {};
    const expected = `\`inputs\` must have less than ${maxInputTokens} tokens`;
    const { tokens } = error.subject ?? {};
    const given = tokens === undefined ? `: ${error.message}` : `. Given: ${tokens}`;
    throw invalidArgument(`Input validation error: ${expected}${given}`);
  }
}
