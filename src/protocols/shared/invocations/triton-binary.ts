import { type Call, invalidArgument } from '../../../core/index.js';
import type { InferTarget } from '../../../service/index.js';
import type { RouteRequest } from '../../route.js';
import { LARGE_BYTES, type WireHeaders, type WireResponse } from '../../wire.js';
import type { BodyHandlers } from './body-handlers.js';
import { withHeaders } from './with-headers.js';

/** Types of JSON of the Open Inference Protocol with binary tensors behind it, as Triton has them on the platforms. */
const BINARY_TYPE = /^application\/vnd\.(?:sagemaker|vertex-ai)-triton\.binary\+json$/;
const SIZE_PARAMETER = 'json-header-size=';
const INFER_HEADER = 'inference-header-content-length';

/** A body of that type. */
interface TritonBinary {
  /** Without its parameter, in lower case. */
  readonly type: string;
  /** Bytes of JSON at the beginning, as it says; '' = it does not. */
  readonly size: string;
}

/** undefined = it is of another type. */
function tritonBinary(headers: WireHeaders): TritonBinary | undefined {
  const header = headers['content-type'];
  const [type = '', ...parameters] = (typeof header === 'string' ? header : '').toLowerCase().split(';');
  if (!BINARY_TYPE.test(type.trim())) return undefined;
  const size = parameters
    .map((parameter) => parameter.trim())
    .find((parameter) => parameter.startsWith(SIZE_PARAMETER));
  return { type: type.trim(), size: size?.slice(SIZE_PARAMETER.length) ?? '' };
}

/** See `RouteBody.dataAt`. */
export function binaryDataAt(headers: WireHeaders): number | undefined {
  const size = tritonBinary(headers)?.size ?? '';
  // Much JSON is moved to the decoder thread, with all that is behind it.
  return /^\d+$/.test(size) && Number(size) <= LARGE_BYTES ? Number(size) : undefined;
}

/** Runs a model on a body of that type, and answers with one; undefined = the body is of another type. */
export async function inferTritonBinary(
  infer: BodyHandlers['infer'],
  call: Call,
  { target, request }: { readonly target: InferTarget; readonly request: RouteRequest },
): Promise<WireResponse | undefined> {
  const binary = tritonBinary(request.headers);
  if (binary === undefined) return undefined;
  return withBinaryType(await infer(call, target, withHeaders(request, inferHeaders(binary))), binary.type);
}

/** The headers by which the Open Inference Protocol says the same. Throws `invalid_argument` where the type does not say it. */
function inferHeaders({ type, size }: TritonBinary): Readonly<Record<string, string>> {
  if (size === '') {
    throw invalidArgument(`the type of the body must say where its JSON ends: ${type};${SIZE_PARAMETER}<bytes>`);
  }
  return { [INFER_HEADER]: size, 'content-type': 'application/octet-stream' };
}

/** An answer with binary tensors as one of that type; every other one as it is. */
export function withBinaryType(answer: WireResponse, type: string): WireResponse {
  const { [INFER_HEADER]: size, ...headers } = answer.headers;
  if (size === undefined) return answer;
  return { ...answer, headers: { ...headers, 'content-type': `${type};${SIZE_PARAMETER}${size}` } };
}
