import { bytesOf, type Call } from '../../../core/index.js';
import { ProtoWriter } from '../../../protobuf/index.js';
import type { GrpcMessage } from '../../shared/grpc/method.js';
import { ranked } from '../../shared/pooling/ranked.js';
import { classesOf, computeTimes } from '../answer.js';
import type { Answered, TeiContext } from '../read.js';
import type { PoolingKind, TeiRequests } from '../request.js';
import { TEI_MESSAGES } from './schema.js';

type Done = Answered<TeiRequests[PoolingKind]>;

/** Writes the answer to a request of one text, or of a query with its texts; `metadata` is a `Metadata`. */
type EncodeAnswer = (done: Done, metadata: GrpcMessage) => GrpcMessage;

const writer = new ProtoWriter();

/** Answers by the kind of their request. */
export const ENCODERS: Readonly<Record<'embed' | 'embedAll' | 'embedSparse' | 'predict' | 'rerank', EncodeAnswer>> = {
  embed: ({ result: { rows } }, metadata) => {
    writer.reset();
    writer.data(1, bytesOf(rows[0] ?? new Float32Array()));
    return finish(metadata);
  },
  embedAll: ({ result: { rows } }, metadata) => {
    writer.reset();
    for (const row of rows) {
      const mark = writer.begin(1);
      writer.data(1, bytesOf(row));
      writer.end(mark);
    }
    return finish(metadata);
  },
  embedSparse: ({ result: { rows, indices = [] } }, metadata) => {
    writer.reset();
    for (const [place, weight] of rows[0]?.entries() ?? []) {
      const mark = writer.begin(1);
      writer.varint(INDEX);
      writer.varint(indices[0]?.[place] ?? 0);
      writer.float(2, weight);
      writer.end(mark);
    }
    return finish(metadata);
  },
  predict: ({ result: { rows }, resolved }, metadata) => {
    const labels = resolved.info.tasks?.classify?.labels ?? [];
    writer.reset();
    for (const { score, label } of classesOf(rows[0] ?? new Float32Array(), labels)) {
      const mark = writer.begin(1);
      writer.float(1, score);
      writer.string(2, label);
      writer.end(mark);
    }
    return finish(metadata);
  },
  rerank: ({ request, result }, metadata) => {
    const texts = 'texts' in request ? request.texts : undefined;
    writer.reset();
    for (const { index, score } of ranked(result)) {
      const mark = writer.begin(1);
      writer.varint(INDEX);
      writer.varint(index);
      if (texts !== undefined) writer.string(2, texts[index] ?? '');
      writer.float(3, score);
      writer.end(mark);
    }
    return finish(metadata);
  },
};

/** The tag of a varint in field 1. */
const INDEX = 1 << 3;

function finish(metadata: GrpcMessage): GrpcMessage {
  writer.data(2, metadata[0] ?? new Uint8Array());
  return writer.finish();
}

/** `Metadata`: characters and tokens that were read, and where the time went. */
export function encodeMetadata(call: Call, context: Pick<TeiContext, 'clock'>, { request, result }: Done): GrpcMessage {
  const { totalMs, tokenizationMs, queueMs, inferenceMs } = computeTimes(call, context);
  return TEI_MESSAGES.encodeFromJson('Metadata', {
    compute_chars: request.characters,
    compute_tokens: result.promptTokens,
    total_time_ns: nanoseconds(totalMs),
    tokenization_time_ns: nanoseconds(tokenizationMs),
    queue_time_ns: nanoseconds(queueMs),
    inference_time_ns: nanoseconds(inferenceMs),
  });
}

function nanoseconds(ms: number): string {
  return String(Math.max(0, Math.round(ms * 1e6)));
}
