import { type InferRequest, invalidArgument, NO_PARAMETERS, type Parameters } from '../../core/index.js';
import type { GrpcMetadata } from '../shared/grpc/method.js';
import { MAX_PARAMETERS } from './decode-parameters.js';
import { isReservedParameter } from './decode-request-parameters.js';

/** Longer names match no pattern: how long matching takes is for the server to say, not for its clients. */
const MAX_NAME_LENGTH = 256;
/** The caller's credential, and what belongs to the transport rather than to the caller: of HTTP/1.1, HTTP/2 and gRPC. */
const WITHHELD =
  /^(:|grpc-|(proxy-)?auth(orization|enticate)$|(x-)?api-key$|(content|transfer|accept)-(type|length|encoding)$|inference-header-content-length$|te$|trailer$|host$|accept$|expect$|upgrade$|keep-alive$|(proxy-)?connection$|http2-settings$)/i;

/** Adds the headers that the settings forward as parameters to a request. */
export function createForwarding({ forwardHeaders }: { readonly forwardHeaders?: RegExp | undefined }) {
  return (request: InferRequest, rawHeaders: readonly string[] | undefined): InferRequest =>
    forwardHeaders === undefined ? request : withParameters(request, parametersOfHeaders(forwardHeaders, rawHeaders));
}

/** Parameters of the headers whose names match, as the client wrote them; `raw` is name, value, name, value and so on. */
export function parametersOfHeaders(pattern: RegExp, raw: readonly string[] = []): Parameters {
  let found = NO_PARAMETERS;
  for (let at = 0; at + 1 < raw.length; at += 2) found = add(found, pattern, raw[at] as string, raw[at + 1] as string);
  return found;
}

/** Parameters of the metadata whose names match; of several values of one name they hold the list. */
export function parametersOfMetadata(pattern: RegExp, metadata: GrpcMetadata): Parameters {
  let found = NO_PARAMETERS;
  for (const name in metadata) {
    const value = metadata[name];
    if (value !== undefined) found = add(found, pattern, name, String(value));
  }
  return found;
}

/** The request with further parameters, which count more than its own of the same name. Throws where they become too many. */
export function withParameters(request: InferRequest, more: Parameters): InferRequest {
  if (more === NO_PARAMETERS) return request;
  const parameters: Parameters = Object.assign(Object.create(null), request.parameters, more);
  if (Object.keys(parameters).length <= MAX_PARAMETERS) return { ...request, parameters };
  throw invalidArgument(
    `request: expected at most ${MAX_PARAMETERS} parameters, those of its headers included, got more`,
  );
}

function add(found: Parameters, ...[pattern, name, value]: readonly [RegExp, string, string]): Parameters {
  if (name.length > MAX_NAME_LENGTH || WITHHELD.test(name) || isReservedParameter(name.toLowerCase())) return found;
  if (!pattern.test(name)) return found;
  const parameters: Record<string, Parameters[string]> = found === NO_PARAMETERS ? Object.create(null) : found;
  parameters[name] = value;
  return parameters;
}
