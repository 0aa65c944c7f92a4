import { type ExplicitTensor, type InputValue, parseWireJson, type TensorMetadata } from '../../client/index.js';
import { type Datatype, formatTensorType, invalidArgument } from '../../core/index.js';

/** JSON as the datatype requires it; for BYTES anything that is not JSON text is taken as it stands. */
export function parseInputText(spec: TensorMetadata, text: string): InputValue {
  let parsed: unknown;
  try {
    parsed = parseWireJson(text);
  } catch {
    if (spec.datatype === 'BYTES') return text;
    const wanted = formatTensorType(spec.datatype, spec.shape);
    throw invalidArgument(
      `input '${spec.name}' takes ${wanted}: expected JSON such as [[1,2]], or @FILE, got '${text.slice(0, 60)}'`,
    );
  }
  if (spec.datatype === 'BYTES' && typeof parsed !== 'string' && !Array.isArray(parsed)) return text;
  // What does not fit the datatype is found by the client, which names the place.
  return readNumbers(parsed, spec.datatype) as InputValue;
}

/** {@link parseWireJson} leaves NaN, ±Infinity and long integers as text. */
function readNumbers(value: unknown, datatype: Datatype): unknown {
  if (Array.isArray(value)) return value.map((item) => readNumbers(item, datatype));
  if (typeof value !== 'string' || datatype === 'BYTES') return value;
  if (/^-?\d+$/.test(value) && (datatype === 'INT64' || datatype === 'UINT64')) return BigInt(value);
  return /^(-?\d+|NaN|-?Infinity)$/.test(value) ? Number(value) : value;
}

interface WireInput {
  readonly name: string;
  readonly datatype: Datatype;
  readonly shape: readonly number[];
  readonly data: unknown;
}

/** The inputs of `{"inputs":[{"name","shape","datatype","data"}]}`. Throws `invalid_argument` that names `path`. */
export function parseRequest(text: string, path: string): Record<string, InputValue> {
  const request = parseJson(text, path);
  const { inputs } = (request ?? {}) as { readonly inputs?: readonly Partial<WireInput>[] };
  const whole = Array.isArray(inputs) ? inputs.filter(isWireInput) : [];
  if (!Array.isArray(inputs) || whole.length < inputs.length) {
    throw invalidArgument(`${path}: expected {"inputs":[{"name","shape","datatype","data"}]}`);
  }
  // Elements that are none of their datatype are found by the client, which names the place.
  return Object.fromEntries(
    whole.map(({ name, datatype, shape, data }) => [
      name,
      { datatype, shape, data: readNumbers(data, datatype) as ExplicitTensor['data'] },
    ]),
  );
}

function isWireInput(input: Partial<WireInput>): input is WireInput {
  return (
    [input.name, input.datatype].every((text) => typeof text === 'string') &&
    Array.isArray(input.shape) &&
    Array.isArray(input.data)
  );
}

function parseJson(text: string, path: string): unknown {
  try {
    return parseWireJson(text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw invalidArgument(`${path} is not JSON: ${reason}`, { cause });
  }
}
