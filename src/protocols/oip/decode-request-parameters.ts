import {
  excerpt,
  invalidArgument,
  NO_PARAMETERS,
  type Parameters,
  type ParameterValue,
  type SequenceControl,
} from '../../core/index.js';
import type { JsonCursor } from '../shared/json/cursor.js';
import type { Named } from '../shared/json/elements.js';
import { booleanParameter, longParameter, mistyped, readParameters } from './decode-parameters.js';

/** How errors name the request itself. */
export const REQUEST: Named = { label: 'request' };
const RESERVED_PREFIX = 'triton_';
const RESERVED = new Set([
  'sequence_id',
  'sequence_start',
  'sequence_end',
  'priority',
  'timeout',
  'binary_data_output',
  'triton_enable_empty_final_response',
]);

/** Whether the protocol defines the parameter, or keeps its name for itself. */
export function isReservedParameter(name: string): boolean {
  return RESERVED.has(name) || name.startsWith(RESERVED_PREFIX);
}

/** The parameters of a request (Triton's parameters extension). */
export interface RequestParameters {
  readonly priority: number;
  readonly queueTimeoutMs: number | undefined;
  readonly sequence: SequenceControl | undefined;
  readonly binaryOutput: boolean;
  /** A stream of answers is to end with an empty one; means nothing where there is one answer only. */
  readonly emptyFinalResponse: boolean;
  /** Those that the protocol does not define; the model gets them. */
  readonly rest: Parameters;
}

export const NO_REQUEST_PARAMETERS: RequestParameters = {
  priority: 0,
  queueTimeoutMs: undefined,
  sequence: undefined,
  binaryOutput: false,
  emptyFinalResponse: false,
  rest: NO_PARAMETERS,
};

/** Takes the `parameters` of a request as JSON has them. */
export function readRequestParameters(cursor: JsonCursor): RequestParameters {
  return toRequestParameters(readParameters(cursor, REQUEST));
}

/** Picks out the parameters that the protocol defines, over HTTP as over gRPC. Throws `invalid_argument` for one of the wrong type. */
export function toRequestParameters(parameters: Parameters): RequestParameters {
  const rest: Record<string, ParameterValue> = Object.create(null);
  let restCount = 0;
  for (const name in parameters) {
    if (RESERVED.has(name)) continue;
    if (name.startsWith(RESERVED_PREFIX)) {
      throw invalidArgument(
        `${REQUEST.label}: parameter '${excerpt(name)}' is not known, and names that begin with '${RESERVED_PREFIX}' are reserved`,
      );
    }
    rest[name] = parameters[name] as ParameterValue;
    restCount++;
  }
  const timeoutUs = longParameter(parameters, 'timeout', REQUEST) ?? 0;
  return {
    priority: longParameter(parameters, 'priority', REQUEST) ?? 0,
    queueTimeoutMs: timeoutUs === 0 ? undefined : timeoutUs / 1_000,
    sequence: sequenceOf(parameters),
    binaryOutput: booleanParameter(parameters, 'binary_data_output', REQUEST) ?? false,
    emptyFinalResponse: booleanParameter(parameters, 'triton_enable_empty_final_response', REQUEST) ?? false,
    rest: restCount === 0 ? NO_PARAMETERS : rest,
  };
}

/** Ids 0 and '' mean no sequence. */
function sequenceOf(parameters: Parameters): SequenceControl | undefined {
  const start = booleanParameter(parameters, 'sequence_start', REQUEST) ?? false;
  const end = booleanParameter(parameters, 'sequence_end', REQUEST) ?? false;
  const value = parameters.sequence_id ?? '';
  const isInteger = typeof value === 'bigint' || (typeof value === 'number' && Number.isSafeInteger(value));
  if (typeof value !== 'string' && !(isInteger && value >= 0)) {
    throw mistyped('sequence_id', REQUEST, { expected: 'a string or an integer of at least 0', got: value });
  }
  const id = typeof value === 'string' ? value : BigInt(value);
  return id === '' || id === 0n ? undefined : { id, start, end };
}
