import {
  excerpt,
  type InferRequest,
  type InferTarget,
  invalidArgument,
  type MillraceError,
  type RequestedOutput,
  type SharedMemoryRange,
  type Tensor,
} from '../../../core/index.js';
import { DELIMITED, ProtoReader } from '../../../protobuf/index.js';
import type { Named } from '../../shared/json/elements.js';
import { LARGE_BYTES } from '../../wire.js';
import { checkSize } from '../decode-binary.js';
import { checkNames } from '../decode-infer.js';
import { countParameter, sharedMemoryParameter } from '../decode-parameters.js';
import { NO_REQUEST_PARAMETERS, REQUEST, toRequestParameters } from '../decode-request-parameters.js';
import { readContents } from './decode-contents.js';
import { type InputDraft, readInput } from './decode-input.js';
import { type ParameterMap, readParameter } from './decode-parameters.js';
import { decodeVersion } from './decode-version.js';

export interface DecodeOptions {
  /** Most inputs of a request, and most outputs that it may name. */
  readonly maxInputs: number;
}

export interface DecodedModelInfer {
  readonly target: InferTarget;
  readonly request: InferRequest;
  /** The stream of answers is to end with an empty one. */
  readonly emptyFinalResponse: boolean;
}

const ID_FIELD = 3;
const RAW_FIELD = 7;
/** Of a field, with its length: at least this much has to be decoded of each. */
const KEY_BYTES = 2;
/** More than any request has that could be accepted. */
const MAX_PEEKED_FIELDS = 10_000;
const EMPTY = new Uint8Array(0);

/** What a `ModelInferRequest` says, field by field. */
class Draft {
  readonly maxInputs: number;
  modelName = '';
  modelVersion = '';
  id = '';
  parameters: ParameterMap | undefined = undefined;
  readonly inputs: InputDraft[] = [];
  readonly outputs: RequestedOutput[] = [];
  readonly raw: Uint8Array[] = [];

  constructor(maxInputs: number) {
    this.maxInputs = maxInputs;
  }
}

/**
 * The inference request in a `ModelInferRequest`. Tensors are views of the message wherever its encoding is the raw one.
 * Checks everything that takes no knowledge of the model. Throws `invalid_argument`.
 */
export function decodeModelInfer(message: Uint8Array, { maxInputs }: DecodeOptions): DecodedModelInfer {
  const reader = new ProtoReader(message);
  const draft = readMessage(reader, maxInputs);
  const inputs = draft.raw.length > 0 ? attachRaw(draft) : draft.inputs.map((input) => attachContents(reader, input));
  checkNames(inputs);
  const parameters =
    draft.parameters === undefined ? NO_REQUEST_PARAMETERS : toRequestParameters(draft.parameters.values);
  const version = decodeVersion(draft.modelVersion);
  const request: InferRequest = {
    id: draft.id,
    inputs,
    outputs: outputsOf(draft.outputs),
    parameters: parameters.rest,
    priority: parameters.priority,
    queueTimeoutMs: parameters.queueTimeoutMs,
    sequence: parameters.sequence,
  };
  const sharedInputs = sharedInputsOf(draft.inputs);
  return {
    target: { name: draft.modelName, version },
    request: sharedInputs === undefined ? request : { ...request, sharedInputs },
    emptyFinalResponse: parameters.emptyFinalResponse,
  };
}

/**
 * Whether so much of the message has to be decoded, which is all but its raw contents, that it must not be in the event loop. False
 * as well for one that is too malformed to tell.
 */
export function isLargeMessage(message: Uint8Array): boolean {
  if (message.length <= LARGE_BYTES) return false;
  const reader = new ProtoReader(message);
  let decodedBytes = 0;
  try {
    while (decodedBytes <= LARGE_BYTES) {
      const start = reader.pos;
      const key = reader.key();
      if (key === 0) return false;
      reader.skip(key);
      const isRaw = key === RAW_FIELD * 8 + DELIMITED;
      decodedBytes += isRaw ? KEY_BYTES : reader.pos - start;
    }
    return true;
  } catch {
    return false;
  }
}

/** The id of a `ModelInferRequest` that may be damaged elsewhere; '' where none can be read in the first fields. */
export function peekId(message: Uint8Array): string {
  const reader = new ProtoReader(message);
  let id = '';
  try {
    for (let fields = 0; fields < MAX_PEEKED_FIELDS; fields++) {
      const key = reader.key();
      if (key === 0) break;
      if (key === ID_FIELD * 8 + DELIMITED) id = reader.string();
      else reader.skip(key);
    }
  } catch {
    // What was read before the damage is the best guess.
  }
  return id;
}

function readMessage(reader: ProtoReader, maxInputs: number): Draft {
  const draft = new Draft(maxInputs);
  for (let field = reader.delimitedField(RAW_FIELD); field !== 0; field = reader.delimitedField(RAW_FIELD)) {
    readField(reader, field, draft);
  }
  return draft;
}

function readField(reader: ProtoReader, field: number, draft: Draft): void {
  switch (field) {
    case 1:
      draft.modelName = reader.name();
      break;
    case 2:
      draft.modelVersion = reader.name();
      break;
    case ID_FIELD:
      draft.id = reader.string();
      break;
    case 4:
      draft.parameters = readParameter(reader, REQUEST, draft.parameters);
      break;
    case 5:
      checkRoom(draft.inputs, draft.maxInputs, 'inputs');
      draft.inputs.push(readInput(reader, draft.inputs.length));
      break;
    case 6:
      checkRoom(draft.outputs, draft.maxInputs, 'outputs');
      draft.outputs.push(readOutput(reader, draft.outputs.length));
      break;
    default:
      checkRoom(draft.raw, draft.maxInputs, 'raw_input_contents');
      draft.raw.push(reader.view());
  }
}

function checkRoom(list: readonly unknown[], max: number, what: string): void {
  if (list.length === max) throw refused(`expected at most ${max} ${what}, got more`);
}

/** Raw contents belong in order to the inputs that are not in shared memory, and then none may have others. */
function attachRaw({ inputs, raw }: Draft): readonly Tensor[] {
  let taken = 0;
  const tensors = inputs.map((input): Tensor => {
    const { name, datatype, shape, contentsEnd, sharedMemory, label } = input;
    if (contentsEnd >= 0) {
      const text = "expected no 'contents' beside 'raw_input_contents' of the request, got both";
      throw invalidArgument(`${label}: ${text}`);
    }
    const data = sharedMemory === undefined ? raw[taken++] : EMPTY;
    if (data !== undefined && sharedMemory === undefined) checkSize(input, data);
    return { name, datatype, shape, data: data ?? EMPTY };
  });
  if (taken === raw.length) return tensors;
  throw refused(`expected ${taken} raw_input_contents, one for each input with its data here, got ${raw.length}`);
}

function attachContents(reader: ProtoReader, input: InputDraft): Tensor {
  const { name, datatype, shape, contentsStart, contentsEnd, sharedMemory } = input;
  if (contentsEnd < 0) {
    if (sharedMemory !== undefined || shape.includes(0)) return { name, datatype, shape, data: EMPTY };
    const text = "expected 'contents', raw_input_contents or the parameter 'shared_memory_region', got none of them";
    throw invalidArgument(`${input.label}: ${text}`);
  }
  reader.pos = contentsStart;
  reader.end = contentsEnd;
  return { name, datatype, shape, data: readContents(reader, input) };
}

/** Where the inputs that lie in shared memory do; undefined when none does. */
function sharedInputsOf(inputs: readonly InputDraft[]): ReadonlyMap<string, SharedMemoryRange> | undefined {
  let ranges: Map<string, SharedMemoryRange> | undefined;
  for (const { name, sharedMemory } of inputs) {
    if (sharedMemory === undefined) continue;
    ranges ??= new Map();
    ranges.set(name, sharedMemory);
  }
  return ranges;
}

/** Undefined = all of them. Of an output named twice the last mention counts, as over HTTP. */
function outputsOf(outputs: readonly RequestedOutput[]): readonly RequestedOutput[] | undefined {
  if (outputs.length === 0) return undefined;
  return outputs.length === 1 ? outputs : [...new Map(outputs.map((output) => [output.name, output])).values()];
}

function refused(text: string): MillraceError {
  return invalidArgument(`request: ${text}`);
}

/** Takes the element `index` of `outputs`, an `InferRequestedOutputTensor`. */
function readOutput(reader: ProtoReader, index: number): RequestedOutput {
  const position: Named = { label: `outputs[${index}]` };
  const outer = reader.enter();
  let name = '';
  let parameters: ParameterMap | undefined;
  for (let field = reader.delimitedField(2); field !== 0; field = reader.delimitedField(2)) {
    if (field === 1) name = reader.name();
    else parameters = readParameter(reader, position, parameters);
  }
  reader.leave(outer);
  if (name === '') throw invalidArgument(`${position.label}: expected a 'name', got none`);
  if (parameters === undefined) return { name, classificationCount: 0 };
  const owner: Named = { label: `output '${excerpt(name)}'` };
  const classificationCount = countParameter(parameters.values, 'classification', owner) ?? 0;
  const sharedMemory = sharedMemoryParameter(parameters.values, owner);
  return { name, classificationCount, ...(sharedMemory && { sharedMemory }) };
}
