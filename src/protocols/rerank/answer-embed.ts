import { randomUUID } from 'node:crypto';
import { bytesOf, type Call } from '../../core/index.js';
import type { WriteInSteps } from '../shared/json/stepwise.js';
import { createNumberWriter } from '../shared/json/write-elements.js';
import type { JsonWriter } from '../shared/json/writer.js';
import { type PoolingResult, runPooling } from '../shared/pooling/run.js';
import { type AnswerVectors, writeBase64, writeList, writeVector } from '../shared/pooling/write-vectors.js';
import type { WireResponse } from '../wire.js';
import type { EmbeddingType, EmbedRequest } from './decode-embed.js';
import { toBinary, toInt8, toUbinary, toUint8 } from './quantize.js';
import { type RerankContext, readAsked } from './read.js';

interface EmbedCall {
  readonly body: Uint8Array;
  /** Of Cohere's API. */
  readonly version: '1' | '2';
  readonly answer: AnswerVectors;
}

/** How a vector of each type is written. */
const WRITERS: Readonly<Record<EmbeddingType, (writer: JsonWriter, row: Float32Array) => void>> = {
  float: writeVector,
  base64: writeBase64,
  int8: (writer, row) => writeIntegers(writer, toInt8(row)),
  uint8: (writer, row) => writeIntegers(writer, toUint8(row)),
  binary: (writer, row) => writeIntegers(writer, toBinary(row)),
  ubinary: (writer, row) => writeIntegers(writer, toUbinary(row)),
};

/** Cohere's `POST /v1/embed` and `/v2/embed`. */
export async function answerEmbed(
  context: RerankContext,
  call: Call,
  { body, version, answer }: EmbedCall,
): Promise<WireResponse> {
  const { request, resolved } = await readAsked(context, call, { kind: 'embed', body });
  const result = await runPooling(context, call, { resolved, request });
  return answer(result.rows, writeEmbed(request, result, version));
}

function writeEmbed(
  { texts, types }: EmbedRequest,
  { rows, promptTokens }: PoolingResult,
  version: EmbedCall['version'],
): WriteInSteps {
  const meta = { api_version: { version }, billed_units: { input_tokens: promptTokens } };
  // The first version is older than the types.
  const isPlain = version === '1' && types === undefined;
  const kind = isPlain ? 'embeddings_floats' : 'embeddings_by_type';
  return function* write(writer) {
    writer.ascii(`{"id":"${randomUUID()}","response_type":"${kind}","texts":`);
    yield* writeList(writer, texts, (text) => writer.string(text));
    writer.ascii(',"embeddings":');
    if (isPlain) yield* writeList(writer, rows, (row) => writeVector(writer, row));
    else yield* writeByType(writer, rows, types ?? ['float']);
    writer.ascii(`,"meta":${JSON.stringify(meta)}}`);
  };
}

function* writeByType(
  writer: JsonWriter,
  rows: PoolingResult['rows'],
  types: readonly EmbeddingType[],
): ReturnType<WriteInSteps> {
  let separator = '{';
  for (const type of types) {
    writer.ascii(`${separator}"${type}":`);
    separator = ',';
    yield* writeList(writer, rows, (row) => WRITERS[type](writer, row));
  }
  writer.ascii('}');
}

function writeIntegers(writer: JsonWriter, values: Int8Array | Uint8Array): void {
  writer.ascii('[');
  const write = createNumberWriter(values instanceof Int8Array ? 'INT8' : 'UINT8', bytesOf(values));
  write(writer, { first: 0, from: 0, to: values.length });
  writer.ascii(']');
}
