import { type Datatype, ELEMENT_SIZE_BYTES, elementCount, type Signature, type TensorSpec } from '../core/index.js';

/** More elements than this are sent as zero bytes behind the JSON: nobody wants to copy a picture's numbers. */
const MAX_JSON_ELEMENTS = 64;
/** An element of an empty byte string is its length alone. */
const EMPTY_BYTES_ELEMENT = 4;

/** A request that fits a model, to be copied and changed. */
export interface RequestExample {
  /** The JSON of the request. */
  readonly json: { readonly inputs: readonly object[]; readonly parameters?: object };
  /** Zero bytes that follow the JSON as binary tensor data. */
  readonly zeroBytes: number;
}

/** A smallest request: one row, variable dimensions 1, optional inputs left out. */
export function exampleRequest(signature: Signature): RequestExample {
  let zeroBytes = 0;
  const inputs = signature.inputs
    .filter((input) => !input.optional)
    .map((input) => {
      const shape = input.shape.map((size) => (size < 0 ? 1 : size));
      const { name, datatype } = input;
      const count = elementCount(shape);
      if (count <= MAX_JSON_ELEMENTS) return { name, datatype, shape, data: exampleData(datatype, count) };
      const size = count * (ELEMENT_SIZE_BYTES[datatype] || EMPTY_BYTES_ELEMENT);
      zeroBytes += size;
      return { name, datatype, shape, parameters: { binary_data_size: size } };
    });
  const binaryOutput = signature.outputs.some(hasNoJson);
  return { json: { inputs, ...(binaryOutput && { parameters: { binary_data_output: true } }) }, zeroBytes };
}

/** FP16 and BF16 outputs can only be had as binary data. */
function hasNoJson({ datatype }: TensorSpec): boolean {
  return datatype === 'FP16' || datatype === 'BF16';
}

function exampleData(datatype: Datatype, count: number): readonly (number | boolean | string)[] {
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
        return index % 10;
      default:
        return datatype satisfies never;
    }
  });
}

/** A shell line that sends the example; with a key from the environment where the server wants one. */
export function curlCommand(
  url: string,
  { json, zeroBytes }: RequestExample,
  options: { readonly withKey: boolean },
): string {
  const text = JSON.stringify(json);
  const quoted = `'${text.replaceAll("'", `'\\''`)}'`;
  const key = options.withKey ? ` -H "Authorization: Bearer $MILLRACE_KEY"` : '';
  const target = `${key} '${url}'`;
  if (zeroBytes === 0) return `curl${target} -d ${quoted}`;
  const header = `-H 'Inference-Header-Content-Length: ${Buffer.byteLength(text)}'`;
  return `(printf '%s' ${quoted}; head -c ${zeroBytes} /dev/zero) | curl${target} ${header} --data-binary @-`;
}
