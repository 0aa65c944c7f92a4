import {
  MillraceError,
  NO_PARAMETERS,
  type Parameters,
  type ParameterValue,
  type SequenceControl,
} from '../../core/index.js';
import { booleanParameter, countParameter, mistyped } from './decode-parameters.js';

const LABEL = 'the request';
const RESERVED_PREFIX = 'triton_';
/** Asks for an empty last answer of a stream; means nothing where there is one answer only. */
const IGNORED = new Set(['triton_enable_empty_final_response']);
const RESERVED = new Set([
  'sequence_id',
  'sequence_start',
  'sequence_end',
  'priority',
  'timeout',
  'binary_data_output',
  ...IGNORED,
]);

/** What the reserved parameters of a request say (Triton's parameters extension). */
export interface ReservedParameters {
  readonly priority: number;
  readonly queueTimeoutMs: number | undefined;
  readonly sequence: SequenceControl | undefined;
  readonly binaryOutput: boolean;
  /** The others. */
  readonly rest: Parameters;
}

const NONE: ReservedParameters = {
  priority: 0,
  queueTimeoutMs: undefined,
  sequence: undefined,
  binaryOutput: false,
  rest: NO_PARAMETERS,
};

/** Splits the parameters of a request into those that the protocol defines and those that the model gets. */
export function splitParameters(parameters: Parameters): ReservedParameters {
  if (parameters === NO_PARAMETERS) return NONE;
  const rest: Record<string, ParameterValue> = Object.create(null);
  let restCount = 0;
  for (const name in parameters) {
    if (RESERVED.has(name)) continue;
    if (name.startsWith(RESERVED_PREFIX)) {
      throw new MillraceError(
        'invalid_argument',
        `parameter '${name}' of ${LABEL}: names with '${RESERVED_PREFIX}' are reserved`,
      );
    }
    rest[name] = parameters[name] as ParameterValue;
    restCount++;
  }
  const timeoutUs = countParameter(parameters, 'timeout', LABEL) ?? 0;
  return {
    priority: countParameter(parameters, 'priority', LABEL) ?? 0,
    queueTimeoutMs: timeoutUs === 0 ? undefined : timeoutUs / 1_000,
    sequence: sequenceOf(parameters),
    binaryOutput: booleanParameter(parameters, 'binary_data_output', LABEL) ?? false,
    rest: restCount === 0 ? NO_PARAMETERS : rest,
  };
}

/** Ids 0 and '' mean no sequence. */
function sequenceOf(parameters: Parameters): SequenceControl | undefined {
  const start = booleanParameter(parameters, 'sequence_start', LABEL) ?? false;
  const end = booleanParameter(parameters, 'sequence_end', LABEL) ?? false;
  const value = parameters.sequence_id ?? '';
  const isInteger = typeof value === 'bigint' || (typeof value === 'number' && Number.isSafeInteger(value));
  if (typeof value !== 'string' && !(isInteger && value >= 0)) {
    throw mistyped('sequence_id', LABEL, { expected: 'a string or an integer of at least 0', got: value });
  }
  const id = typeof value === 'string' ? value : BigInt(value);
  return id === '' || id === 0n ? undefined : { id, start, end };
}
