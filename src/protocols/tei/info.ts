import { type CallContext, MillraceError, poolingSpecOf } from '../../core/index.js';
import type { ServedModel } from '../../service/index.js';
import { emptyResponse, jsonResponse } from '../route.js';
import type { WireResponse } from '../wire.js';
import type { TeiContext } from './read.js';

/** The version of TEI whose API this is. */
const TEI_VERSION = '1.9.3';
/** A model's scores have no name: that of Transformers for it. */
const UNNAMED = ['LABEL_0'];

/** `GET /info`: what the model is, and its limits. */
export function answerInfo(context: TeiContext, call: CallContext, name: string): WireResponse {
  return jsonResponse(describeModel(context, call, name));
}

/** The model, and its limits. Throws `not_found`. */
export function describeModel({ service }: TeiContext, call: CallContext, name: string) {
  const { info } = service.models.modelInfo(call, name, undefined);
  const { queue } = service.models.modelConfig(call, name, undefined);
  const { maxInputTokens = 0 } = poolingSpecOf(info.tasks ?? {}) ?? {};
  return {
    model_id: info.ref.name,
    model_sha: info.source.digest,
    model_dtype: 'float32',
    served_model_name: info.ref.name,
    model_type: modelType(info),
    max_concurrent_requests: queue.maxRequests,
    max_input_length: maxInputTokens,
    max_batch_tokens: maxInputTokens * Math.max(1, info.maxBatchSize),
    max_batch_requests: null,
    max_client_batch_size: Math.max(1, info.maxBatchSize),
    auto_truncate: true,
    tokenization_workers: 1,
    version: TEI_VERSION,
    sha: null,
    docker_label: null,
  };
}

function modelType({ tasks = {} }: Pick<ServedModel, 'tasks'>): object {
  const { embed, sparse, rank, classify, tokenClassify } = tasks;
  if (embed !== undefined)
    return { embedding: { pooling: embed.pooling === 'lasttoken' ? 'last_token' : embed.pooling } };
  if (sparse !== undefined) return { embedding: { pooling: 'splade' } };
  const classes = classify ?? tokenClassify;
  if (classes !== undefined) return { classifier: labelsOf(classes.labels) };
  if (rank !== undefined) return { reranker: labelsOf(UNNAMED) };
  return {};
}

function labelsOf(labels: readonly string[]): object {
  return {
    id2label: Object.fromEntries(labels.map((label, id) => [id, label])),
    label2id: Object.fromEntries(labels.map((label, id) => [label, id])),
  };
}

/** `GET /health`: empty where the model answers requests. Throws `unavailable` otherwise. */
export function answerHealth({ service }: TeiContext, call: CallContext, name: string): WireResponse {
  if (service.models.modelReady(call, name, undefined)) return emptyResponse();
  throw new MillraceError('unavailable', 'unhealthy');
}
