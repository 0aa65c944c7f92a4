import { type Call, type ModelTask, Turns } from '../../core/index.js';
import type { Resolved } from '../../service/index.js';
import type { DialectContext } from '../dialect.js';
import { jsonResponse } from '../route.js';
import { EMBEDDING_ITEM, poolingUsage, writeEmbeddings } from '../shared/pooling/embeddings.js';
import { type PoolingRequest, type PoolingResult, resolveWithTask, runPooling } from '../shared/pooling/run.js';
import { createVectorAnswer } from '../shared/pooling/write-vectors.js';
import type { WireResponse } from '../wire.js';
import type { EmbeddingRequest, ScoreRequest } from './decode-pooling.js';
import { createHead } from './head.js';

type PoolingContext = Pick<DialectContext, 'service' | 'clock'>;
type AnswerPooling<Request> = (context: PoolingContext, call: Call, request: Request) => Promise<WireResponse>;

/** How vectors are answered: OpenAI's embeddings, and vLLM's pooling. */
export function createEmbeddingAnswers(clock: DialectContext['clock']) {
  const answer = createVectorAnswer(new Turns(clock));
  const embedding: AnswerPooling<EmbeddingRequest> = async (context, call, request) => {
    const { result } = await run(context, call, { request, task: 'embed' });
    return answer(result.rows, writeEmbeddings({ ...request, head: {}, item: EMBEDDING_ITEM, result }));
  };
  const pooling: AnswerPooling<EmbeddingRequest> = async (context, call, request) => {
    const { result } = await run(context, call, { request, task: 'embed' });
    const { id, created } = createHead('pool-', request.model, clock);
    const item = { object: 'pooling', member: 'data' };
    return answer(result.rows, writeEmbeddings({ ...request, head: { id, created }, item, result }));
  };
  return { embedding, pooling };
}

/** vLLM's `POST /score`: how well the texts answer the query. */
export const answerScore: AnswerPooling<ScoreRequest> = async (context, call, request) => {
  const { result } = await run(context, call, { request, task: 'rank' });
  const data = result.rows.map(([score], index) => ({ index, object: 'score', score }));
  return listOf(context, { prefix: 'score-', request, result, data });
};

/** vLLM's `POST /classify`: the probabilities of all classes, and the label of the most probable one. */
export const answerClassify: AnswerPooling<ScoreRequest> = async (context, call, request) => {
  const { result, resolved } = await run(context, call, { request, task: 'classify' });
  const labels = resolved.info.tasks?.classify?.labels ?? [];
  const data = result.rows.map((probs, index) => {
    const best = probs.indexOf(Math.max(...probs));
    return { index, label: labels[best] ?? null, probs: [...probs], num_classes: probs.length };
  });
  return listOf(context, { prefix: 'classify-', request, result, data });
};

interface Run {
  readonly request: PoolingRequest & { readonly model: string };
  readonly task: ModelTask;
}

async function run(
  context: PoolingContext,
  call: Call,
  { request, task }: Run,
): Promise<{ readonly result: PoolingResult; readonly resolved: Resolved }> {
  const resolved = await resolveWithTask(context, call, { model: request.model, task });
  return { resolved, result: await runPooling(context, call, { resolved, request }) };
}

interface Listed {
  readonly prefix: string;
  readonly request: ScoreRequest;
  readonly result: PoolingResult;
  readonly data: readonly object[];
}

function listOf({ clock }: PoolingContext, { prefix, request, result, data }: Listed): WireResponse {
  const { id, created, model } = createHead(prefix, request.model, clock);
  return jsonResponse({ id, object: 'list', created, model, data, usage: poolingUsage(result) });
}
