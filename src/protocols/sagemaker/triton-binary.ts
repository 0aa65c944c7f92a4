import { LARGE_BYTES, type WireHeaders, type WireResponse } from '../wire.js';

/** The type of bodies that are JSON of the Open Inference Protocol with binary tensors behind it, as Triton has it on SageMaker. */
const BINARY_TYPE = 'application/vnd.sagemaker-triton.binary+json';
const SIZE_PARAMETER = 'json-header-size';
const INFER_HEADER = 'inference-header-content-length';

/** Bytes of JSON at the beginning of a body of that type; '' = the type does not say; undefined = another type. */
export function jsonHeaderSize(headers: WireHeaders): string | undefined {
  const header = headers['content-type'];
  const [type = '', ...parameters] = (typeof header === 'string' ? header : '').split(';').map((part) => part.trim());
  if (type.toLowerCase() !== BINARY_TYPE) return undefined;
  const size = parameters.find((parameter) => parameter.toLowerCase().startsWith(`${SIZE_PARAMETER}=`));
  return size?.slice(SIZE_PARAMETER.length + 1) ?? '';
}

/** See `RouteBody.dataAt`. */
export function binaryDataAt(headers: WireHeaders): number | undefined {
  const size = jsonHeaderSize(headers) ?? '';
  // Much JSON is moved to the decoder thread, with all that is behind it.
  return /^\d+$/.test(size) && Number(size) <= LARGE_BYTES ? Number(size) : undefined;
}

/** The header by which the Open Inference Protocol says the same, and no type that says something else. */
export function inferHeaders(size: string): Readonly<Record<string, string>> {
  return { [INFER_HEADER]: size, 'content-type': 'application/octet-stream' };
}

/** An answer with binary tensors as one of that type; every other one as it is. */
export function withBinaryType(answer: WireResponse): WireResponse {
  const { [INFER_HEADER]: size, ...headers } = answer.headers;
  if (size === undefined) return answer;
  return { ...answer, headers: { ...headers, 'content-type': `${BINARY_TYPE};${SIZE_PARAMETER}=${size}` } };
}
