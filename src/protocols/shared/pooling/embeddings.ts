import { withoutUndefined } from '../../../core/index.js';
import { INPUT_TYPES, type PoolingParameters } from '../../../pooling/index.js';
import type { Fields } from '../generation/fields.js';
import type { WriteInSteps } from '../json/stepwise.js';
import { inputTensors, readInput, textCount } from './read-input.js';
import type { PoolingRequest, PoolingResult } from './run.js';
import { writeBase64, writeList, writeVector } from './write-vectors.js';

const FORMATS = ['float', 'base64'] as const;
const PLACE = 'input';

/** A request for embeddings in OpenAI's form. */
export interface EmbeddingsRequest extends PoolingRequest {
  /** How vectors are written. Default: float. */
  readonly format: (typeof FORMATS)[number];
}

/** Reads `POST /v1/embeddings`, without its `model`. Throws `ParameterError`, and `empty_input` for empty texts. */
export function decodeEmbeddings(fields: Fields): EmbeddingsRequest {
  fields.ignore('model', 'user', 'priority');
  const input = readInput(fields.any(PLACE), PLACE);
  const format = fields.choice('encoding_format', FORMATS) ?? 'float';
  const parameters = withoutUndefined<PoolingParameters>({
    ...readLengthParameters(fields),
    dimensions: fields.integer('dimensions', { least: 1, most: Number.MAX_SAFE_INTEGER }),
    normalize: fields.boolean('normalize'),
    inputType: fields.choice('input_type', INPUT_TYPES),
  });
  fields.end();
  return { inputs: inputTensors(input, PLACE), count: textCount(input), parameters, place: PLACE, format };
}

/** vLLM's parameters of the length of texts. */
export function readLengthParameters(fields: Fields): Pick<PoolingParameters, 'truncate' | 'addSpecialTokens'> {
  // vLLM's for: as many tokens as the model reads.
  const truncate = fields.any('truncate_prompt_tokens') === -1;
  fields.unsupported('truncate_prompt_tokens', -1);
  return withoutUndefined<Pick<PoolingParameters, 'truncate' | 'addSpecialTokens'>>({
    truncate: truncate || undefined,
    addSpecialTokens: fields.boolean('add_special_tokens'),
  });
}

/** Vectors as an answer in OpenAI's form. */
export interface ListedVectors extends Pick<EmbeddingsRequest, 'format'> {
  /** Members before `data`. */
  readonly head: object;
  readonly model: string;
  /** `object` of each vector, and the member that holds it. */
  readonly item: { readonly object: string; readonly member: string };
  readonly result: PoolingResult;
}

/** OpenAI's names of a vector. */
export const EMBEDDING_ITEM = { object: 'embedding', member: 'embedding' } as const;

/** Writes vectors as OpenAI does. */
export function writeEmbeddings({ head, model, item, format, result }: ListedVectors): WriteInSteps {
  const writeRow = format === 'base64' ? writeBase64 : writeVector;
  return function* write(writer) {
    writer.ascii(`${JSON.stringify({ ...head, object: 'list' }).slice(0, -1)},"data":`);
    yield* writeList(writer, result.rows.entries(), ([index, row]) => {
      writer.ascii(`{"object":"${item.object}","index":${index},"${item.member}":`);
      writeRow(writer, row);
      writer.ascii('}');
    });
    writer.ascii(',"model":');
    writer.string(model);
    writer.ascii(`,"usage":${JSON.stringify(poolingUsage(result))}}`);
  };
}

/** Tokens in OpenAI's form. */
export function poolingUsage({ promptTokens }: Pick<PoolingResult, 'promptTokens'>) {
  return { prompt_tokens: promptTokens, total_tokens: promptTokens };
}
