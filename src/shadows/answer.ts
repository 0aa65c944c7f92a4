import { bytesElements, elementCount, type InferResponse, packBytes, sameShape, type Tensor } from '../core/index.js';

/** What a model has answered to one request, all in all. */
export interface Answer {
  readonly outputs: readonly Tensor[];
  readonly finishReason: string | undefined;
}

/**
 * The answers of a stream as one: texts are joined element by element, other tensors get a new first axis, one entry for each answer.
 * One answer stays as it is. A tensor whose shape changes on the way is left as a list of all its elements.
 */
export function joinAnswer(responses: readonly InferResponse[]): Answer {
  const last = responses.at(-1);
  const finishReason = last?.finishReason;
  if (responses.length <= 1) return { outputs: last?.outputs ?? [], finishReason };
  const byName = new Map<string, Tensor[]>();
  for (const { outputs } of responses) {
    for (const tensor of outputs) {
      const parts = byName.get(tensor.name);
      if (parts === undefined) byName.set(tensor.name, [tensor]);
      else parts.push(tensor);
    }
  }
  return { outputs: [...byName.values()].map(joinTensors), finishReason };
}

/** What a response takes besides the data of its outputs, about. */
const OVERHEAD_BYTES = 512;

/** Bytes that one response holds. */
export function sizeOfOutputs({ outputs }: Pick<InferResponse, 'outputs'>): number {
  let sizeBytes = OVERHEAD_BYTES;
  for (const { data } of outputs) sizeBytes += data.length;
  return sizeBytes;
}

function joinTensors(parts: readonly Tensor[]): Tensor {
  const first = parts[0] as Tensor;
  const { name, datatype } = first;
  if (datatype === 'BYTES') return joinTexts(first, parts);
  const data = Buffer.concat(parts.map((part) => part.data));
  const isRegular = parts.every(({ shape }) => sameShape(shape, first.shape));
  const elements = parts.reduce((sum, { shape }) => sum + elementCount(shape), 0);
  return { name, datatype, shape: isRegular ? [parts.length, ...first.shape] : [elements], data };
}

function joinTexts(first: Tensor, parts: readonly Tensor[]): Tensor {
  const texts = parts.map(({ data }) => bytesElements(data));
  const most = Math.max(...texts.map((elements) => elements.length));
  const joined = Array.from({ length: most }, (_, element) =>
    Buffer.concat(texts.flatMap((elements) => elements[element] ?? [])),
  );
  const shape = elementCount(first.shape) === most ? first.shape : [most];
  return { ...first, shape, data: packBytes(joined) };
}
