import { bytesOf } from '../../../core/index.js';
import { ProtoWriter } from '../../../protobuf/index.js';
import type { GrpcMessage } from '../../shared/grpc/method.js';
import { ranked } from '../../shared/pooling/ranked.js';
import { classesOf, computeTimes } from '../answer.js';
import type { Answered, TeiContext } from '../read.js';
import type { PoolingKind, TeiRequests } from '../request.js';

type Done = Answered<TeiRequests[PoolingKind]>;

/** Writes the fields of an answer, but for its metadata, to a request of one text, or of a query with its texts. */
type WriteAnswer = (done: Done) => void;

const writer = new ProtoWriter();

/** Answers by the kind of their request. */
const WRITERS: Readonly<Record<EncodedKind, WriteAnswer>> = {
  embed: ({ result: { rows } }) => writer.data(1, bytesOf(rows[0] ?? new Float32Array())),
  embedAll: ({ result: { rows } }) => writeEach(rows, (row) => writer.data(1, bytesOf(row))),
  embedSparse: ({ result: { rows, indices = [] } }) =>
    writeEach(rows[0]?.entries() ?? [], ([place, weight]) => {
      writeUnsigned(1, indices[0]?.[place] ?? 0);
      writer.float(2, weight);
    }),
  predict: ({ result: { rows }, resolved }) => {
    const labels = resolved.info.tasks?.classify?.labels ?? [];
    writeEach(classesOf(rows[0] ?? new Float32Array(), labels), ({ score, label }) => {
      writer.float(1, score);
      writer.string(2, label);
    });
  },
  rerank: ({ request, result }) => {
    const texts = 'texts' in request ? request.texts : undefined;
    writeEach(ranked(result), ({ index, score }) => {
      writeUnsigned(1, index);
      if (texts !== undefined) writer.string(2, texts[index] ?? '');
      writer.float(3, score);
    });
  },
};

/** Kinds of requests that models answer. */
export type EncodedKind = 'embed' | 'embedAll' | 'embedSparse' | 'predict' | 'rerank';

/** The answer to a request: what was asked for, and its `Metadata`. */
export function encodeAnswer(context: Pick<TeiContext, 'clock'>, { kind, done }: AnsweredKind): GrpcMessage {
  writer.reset();
  WRITERS[kind](done);
  const mark = writer.begin(2);
  writeMetadata(context, done);
  writer.end(mark);
  return writer.finish();
}

interface AnsweredKind {
  readonly kind: EncodedKind;
  readonly done: Done;
}

/** Each item as a message in field 1. */
function writeEach<Item>(items: Iterable<Item>, write: (item: Item) => void): void {
  for (const item of items) {
    const mark = writer.begin(1);
    write(item);
    writer.end(mark);
  }
}

/** Characters and tokens that were read, and where the time went. */
function writeMetadata(context: Pick<TeiContext, 'clock'>, { request, result }: Done): void {
  const { totalMs, tokenizationMs, queueMs, inferenceMs } = computeTimes(result, context);
  writeUnsigned(1, request.characters);
  writeUnsigned(2, result.promptTokens);
  for (const [place, ms] of [totalMs, tokenizationMs, queueMs, inferenceMs].entries()) {
    writeUnsigned(3 + place, Math.max(0, Math.round(ms * 1e6)));
  }
}

function writeUnsigned(field: number, value: number): void {
  writer.varint(field << 3);
  writer.varint(value);
}
