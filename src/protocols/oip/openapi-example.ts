import { type Datatype, decodeElements, ELEMENT_SIZE_BYTES, elementCount, type Tensor } from '../../core/index.js';
import { sampleShapes } from '../../engine/index.js';
import type { ServedModel } from '../../service/index.js';
import { formatCurl } from '../../text/index.js';

/** More elements than this are sent as zero bytes behind the JSON: nobody wants to copy a picture's numbers. */
export const MAX_JSON_ELEMENTS = 64;
/** An element of an empty byte string is its length alone. */
const EMPTY_BYTES_ELEMENT = 4;

/** Of an example's sequence: nobody else is likely to have it, and every type of a model's CORRID control holds it. */
const EXAMPLE_SEQUENCE_ID = 1_000_000_001;
/** One request that is a sequence of its own, so that nothing of it stays behind. */
const WHOLE_SEQUENCE = { sequence_id: EXAMPLE_SEQUENCE_ID, sequence_start: true, sequence_end: true };

/** A request that fits a model, to be copied and changed. */
export interface RequestExample {
  /** Below `/v2/models/{model}/`: models of any number of answers are read as a stream. */
  readonly route: 'infer' | 'generate_stream';
  /** The JSON of the request. */
  readonly json: object;
  /** Zero bytes that follow the JSON as binary tensor data. */
  readonly zeroBytes: number;
}

/**
 * A smallest request: one row, variable dimensions 1, optional inputs left out; of a sequence, all of it. Shapes of the
 * first warm-up sample, and the data of `samples`, are more likely to suit the model.
 */
export function exampleRequest(
  info: Pick<ServedModel, 'signature' | 'decoupled' | 'sequences' | 'source'>,
  samples: readonly Tensor[],
): RequestExample {
  const shapes = sampleShapes(info);
  const inputs = info.signature.inputs
    .filter((input) => !input.optional)
    .map(({ name, datatype, shape: declared }) => {
      const shape = shapes[name] ?? declared.map((size) => (size < 0 ? 1 : size));
      return { name, datatype, shape, count: elementCount(shape) };
    });
  const dataOf = ({ name, datatype, count }: { name: string; datatype: Datatype; count: number }) => {
    const sample = samples.find((tensor) => tensor.name === name);
    if (sample !== undefined) return Array.from(decodeElements(sample), toJson);
    // Models of many answers are often told how many, and of none there is nothing to see.
    return exampleData(datatype, count, info.decoupled ? 3 : 0);
  };
  const sequence = info.sequences ? WHOLE_SEQUENCE : {};
  if (info.decoupled) {
    const values = inputs.map((input) => {
      const data = dataOf(input);
      return [input.name, input.count === 1 ? data[0] : data] as const;
    });
    return { route: 'generate_stream', json: { ...Object.fromEntries(values), ...sequence }, zeroBytes: 0 };
  }
  let zeroBytes = 0;
  const tensors = inputs.map((input) => {
    const { count, ...tensor } = input;
    if (count <= MAX_JSON_ELEMENTS) return { ...tensor, data: dataOf(input) };
    const size = count * (ELEMENT_SIZE_BYTES[tensor.datatype] || EMPTY_BYTES_ELEMENT);
    zeroBytes += size;
    return { ...tensor, parameters: { binary_data_size: size } };
  });
  const json = { inputs: tensors, ...(info.sequences && { parameters: sequence }) };
  return { route: 'infer', json, zeroBytes };
}

function toJson(element: number | bigint | string): number | string {
  return typeof element === 'bigint' ? Number(element) : element;
}

function exampleData(datatype: Datatype, count: number, firstInteger: number): readonly (number | boolean | string)[] {
  return Array.from({ length: count }, (_, index) => {
    switch (datatype) {
      case 'BOOL':
        return index % 2 === 0;
      case 'BYTES':
        return 'text';
      case 'FP16':
      case 'BF16':
      case 'FP32':
      case 'FP64':
        return (index % 10) / 10;
      case 'UINT8':
      case 'UINT16':
      case 'UINT32':
      case 'UINT64':
      case 'INT8':
      case 'INT16':
      case 'INT32':
      case 'INT64':
        return (firstInteger + index) % 10;
      default:
        return datatype satisfies never;
    }
  });
}

/** A shell line that sends the example to the model at `modelUrl`; with a key from the environment where the server needs one. */
export function curlCommand(
  modelUrl: string,
  { route, json, zeroBytes }: RequestExample,
  options: { readonly withKey: boolean },
): string {
  const text = JSON.stringify(json);
  return formatCurl({
    url: `${modelUrl}/${route}`,
    headers: zeroBytes === 0 ? {} : { 'Inference-Header-Content-Length': String(Buffer.byteLength(text)) },
    body: { text, zeroBytes },
    streams: route === 'generate_stream',
    keyVariable: options.withKey ? 'MILLRACE_KEY' : undefined,
  });
}
