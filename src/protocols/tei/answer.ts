import { queueMs } from '../../core/index.js';
import { jsonResponse } from '../route.js';
import { EMBEDDING_ITEM, writeEmbeddings } from '../shared/pooling/embeddings.js';
import { descending, ranked } from '../shared/pooling/ranked.js';
import type { PoolingResult } from '../shared/pooling/run.js';
import { type AnswerVectors, writeList, writeVector, writeWeights } from '../shared/pooling/write-vectors.js';
import type { WireResponse } from '../wire.js';
import type { Answered, TeiContext } from './read.js';
import type { PoolingKind, TeiRequests } from './request.js';
import { entitiesOf } from './token-classes.js';
import { zeroShotClasses } from './zero-shot.js';

/** How the answers of each kind are written. */
export type Writers = {
  readonly [Kind in PoolingKind]: (answered: Answered<TeiRequests[Kind]>) => WireResponse | Promise<WireResponse>;
};

/** Writers of answers; those with vectors write long ones bit by bit. */
export function createWriters(answer: AnswerVectors): Writers {
  const vectors: Writers['embed'] = ({ request, result }) =>
    request.compares
      ? jsonResponse(similaritiesOf(result))
      : answer(result.rows, (writer) => writeList(writer, result.rows, (row) => writeVector(writer, row)));
  return {
    embed: vectors,
    similarity: vectors,
    embedAll: ({ result }) =>
      answer(result.rows, function* write(writer) {
        let first = 0;
        let separator = '[';
        for (const count of result.tokenCounts) {
          writer.ascii(separator);
          separator = ',';
          const rows = result.rows.slice(first, first + count);
          yield* writeList(writer, rows, (row) => writeVector(writer, row));
          first += count;
        }
        writer.ascii(']');
      }),
    embedSparse: ({ result }) => {
      const { rows, indices = [] } = result;
      return answer(rows, (writer) =>
        writeList(writer, rows.entries(), ([text, weights]) =>
          writeWeights(writer, { indices: indices[text] as Int32Array, weights }),
        ),
      );
    },
    predict: ({ request, result, resolved }) => {
      const labels = resolved.info.tasks?.classify?.labels ?? [];
      const { zeroShot } = request;
      const classes =
        zeroShot === undefined
          ? result.rows.map((scores) => classesOf(scores, labels))
          : zeroShotClasses(result.rows, zeroShot, labels);
      return jsonResponse(request.isSingle ? classes[0] : classes);
    },
    tokenClasses: ({ request, result, resolved }) => {
      const labels = resolved.info.tasks?.tokenClassify?.labels ?? [];
      const entities = request.tokenClasses === undefined ? [] : entitiesOf(result, request.tokenClasses, labels);
      return jsonResponse(request.isSingle ? entities[0] : entities);
    },
    rerank: ({ request: { texts }, result }) =>
      jsonResponse(ranked(result).map(({ index, score }) => ({ index, ...(texts && { text: texts[index] }), score }))),
    embeddings: ({ request: { format }, result, resolved }) => {
      const model = resolved.target.name;
      return answer(result.rows, writeEmbeddings({ head: {}, model, item: EMBEDDING_ITEM, format, result }));
    },
  };
}

/** Where the time of a call went, in milliseconds. */
export function computeTimes({ timing }: Pick<PoolingResult, 'timing'>, { clock }: Pick<TeiContext, 'clock'>) {
  return {
    totalMs: clock.now() - timing.receivedAt,
    tokenizationMs: timing.prepareMs,
    queueMs: queueMs(timing),
    inferenceMs: timing.finishedAt - timing.startedAt,
  };
}

/** Where the time of a call went, in whole milliseconds, with what was computed. */
export function computeHeaders(
  context: Pick<TeiContext, 'clock'>,
  { request, result }: Pick<Answered<TeiRequests[PoolingKind]>, 'request' | 'result'>,
): Readonly<Record<string, string>> {
  const times = computeTimes(result, context);
  const totalMs = whole(times.totalMs);
  return {
    // Of TEI, whatever it runs on.
    'x-compute-type': 'gpu+optimized',
    'x-compute-time': totalMs,
    'x-compute-characters': String(request.characters),
    'x-compute-tokens': String(result.promptTokens),
    'x-total-time': totalMs,
    'x-tokenization-time': whole(times.tokenizationMs),
    'x-queue-time': whole(times.queueMs),
    'x-inference-time': whole(times.inferenceMs),
  };
}

function whole(ms: number): string {
  return String(Math.max(0, Math.floor(ms)));
}

/** The cosine of the first vector and each other; they have length 1. */
function similaritiesOf({ rows: [source, ...others] }: PoolingResult): readonly number[] {
  return others.map((row) => row.reduce((sum, value, index) => sum + value * (source?.[index] ?? 0), 0));
}

/** The classes of a text, the most probable first. */
export function classesOf(scores: Float32Array, labels: readonly string[]) {
  return descending(Array.from(scores, (score, index) => ({ score, label: labels[index] ?? `LABEL_${index}` })));
}
