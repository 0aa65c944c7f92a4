import {
  excerpt,
  type InferRequest,
  invalidArgument,
  type MillraceError,
  type SharedMemoryRange,
  type Signature,
  type Tensor,
} from '../../core/index.js';
import { CLOSE_BRACE, CLOSE_BRACKET, OPEN_BRACE, OPEN_BRACKET } from '../shared/json/bytes.js';
import { JsonCursor } from '../shared/json/cursor.js';
import { skipValue } from '../shared/json/skip.js';
import { readString } from '../shared/json/string.js';
import { readMemberName, wordSet } from '../shared/json/words.js';
import { decodeRawInput } from '../shared/raw-tensor.js';
import { LARGE_BYTES, type WireHeaders, type WireRequest } from '../wire.js';
import { attachBinary } from './decode-binary.js';
import { type InputHead, readInput } from './decode-input.js';
import { type OutputList, readOutputs } from './decode-outputs.js';
import { NO_REQUEST_PARAMETERS, type RequestParameters, readRequestParameters } from './decode-request-parameters.js';
import type { BinaryOutputs } from './encode-infer.js';

const MEMBERS = wordSet('inputs', 'outputs', 'id', 'parameters');
const NO_NAMES: ReadonlySet<string> = new Set();

export interface DecodeOptions {
  /** Most inputs of a request, and most outputs that it may name. */
  readonly maxInputs: number;
  /** The model's signature; asked for only by raw binary requests, which name nothing. */
  readonly signatureOf: () => Signature;
}

export interface DecodedInfer {
  readonly request: InferRequest;
  readonly binaryOutputs: BinaryOutputs;
}

/** What the JSON of a request says; undefined = not there. */
interface Members {
  inputs: readonly InputHead[] | undefined;
  outputs: OutputList | undefined;
  id: string | undefined;
  parameters: RequestParameters | undefined;
}

const NO_MEMBERS: Members = { inputs: undefined, outputs: undefined, id: undefined, parameters: undefined };

/**
 * The inference request that a POST to an infer route carries: JSON, JSON with binary tensors behind it, or one raw
 * tensor. Checks everything that takes no knowledge of the model. Throws `invalid_argument`.
 */
export function decodeInfer(wire: WireRequest, options: DecodeOptions): DecodedInfer {
  const { body } = wire;
  const jsonBytes = jsonLength(wire);
  if (jsonBytes === undefined) {
    const inputs = [decodeRawInput(options.signatureOf(), body)];
    return { request: toRequest(inputs, NO_MEMBERS), binaryOutputs: 'all' };
  }
  const members = readMembers(new JsonCursor(body, jsonBytes), options.maxInputs);
  if (members.inputs === undefined) throw refused("expected 'inputs', got none");
  const inputs = attachBinary(members.inputs, body.subarray(jsonBytes));
  checkNames(inputs);
  const request = toRequest(inputs, members);
  const sharedInputs = sharedInputsOf(members.inputs);
  return {
    request: sharedInputs === undefined ? request : { ...request, sharedInputs },
    binaryOutputs: binaryOutputsOf(members),
  };
}

/** Whether so much of the request is JSON that it must not be decoded in the event loop. */
export function isLargeJson(wire: WireRequest): boolean {
  return wire.body.length > LARGE_BYTES && (jsonLength(wire) ?? 0) > LARGE_BYTES;
}

/** Where binary data begins, so that it need not be copied; undefined where there is none, or what is before it goes to the decoder thread. */
export function binaryDataAt(headers: WireHeaders): number | undefined {
  const header = headers['inference-header-content-length'];
  const length = typeof header === 'string' && /^\d+$/.test(header) ? Number(header) : Number.NaN;
  return length <= LARGE_BYTES ? length : undefined;
}

/** Bytes of JSON at the beginning of the body: all of it unless a header says otherwise; undefined = a raw tensor. */
function jsonLength(wire: WireRequest): number | undefined {
  const header = wire.headers['inference-header-content-length'];
  const size = wire.body.length;
  if (header === undefined) return size;
  const length = typeof header === 'string' && /^\d+$/.test(header) ? Number(header) : Number.NaN;
  if (length <= size) return length === 0 ? undefined : length;
  throw refused(
    `expected Inference-Header-Content-Length from 0 to ${size}, the bytes of the body, got '${excerpt(String(header))}'`,
  );
}

function readMembers(cursor: JsonCursor, maxInputs: number): Members {
  const members = { ...NO_MEMBERS };
  let more = cursor.enter(OPEN_BRACE, CLOSE_BRACE, 'an object');
  while (more) {
    readMember(cursor, members, maxInputs);
    more = cursor.next(CLOSE_BRACE);
  }
  if (cursor.peek() !== -1) throw cursor.unexpected('the end of the JSON');
  return members;
}

/** Each member may come once; `null` for one that may be missing means that it is, and unknown ones are ignored. */
function readMember(cursor: JsonCursor, members: Members, maxInputs: number): void {
  const member = readMemberName(cursor, MEMBERS);
  if (member !== undefined && members[member] !== undefined) throw refused(`'${member}' is given twice`);
  switch (member) {
    case 'inputs':
      members.inputs = readInputs(cursor, maxInputs);
      break;
    case 'outputs':
      members.outputs = cursor.take('null') ? undefined : readOutputs(cursor, maxInputs);
      break;
    case 'id':
      members.id = cursor.take('null') ? undefined : readString(cursor);
      break;
    case 'parameters':
      members.parameters = cursor.take('null') ? undefined : readRequestParameters(cursor);
      break;
    case undefined:
      skipValue(cursor);
      break;
    default:
      member satisfies never;
  }
}

function readInputs(cursor: JsonCursor, maxInputs: number): readonly InputHead[] {
  const inputs: InputHead[] = [];
  let more = cursor.enter(OPEN_BRACKET, CLOSE_BRACKET, 'an array');
  while (more) {
    if (inputs.length === maxInputs) throw refused(`expected at most ${maxInputs} inputs, got more`);
    inputs.push(readInput(cursor, inputs.length));
    more = cursor.next(CLOSE_BRACKET);
  }
  return inputs;
}

/** Where the inputs that lie in shared memory do; undefined when none does. */
function sharedInputsOf(heads: readonly InputHead[]): ReadonlyMap<string, SharedMemoryRange> | undefined {
  let ranges: Map<string, SharedMemoryRange> | undefined;
  for (const { name, content } of heads) {
    if (typeof content === 'number' || content instanceof Uint8Array) continue;
    ranges ??= new Map();
    ranges.set(name, content);
  }
  return ranges;
}

/** Throws `invalid_argument` when two inputs have the same name. */
export function checkNames(inputs: readonly Tensor[]): void {
  if (inputs.length < 2) return;
  const names = new Set<string>();
  for (const { name } of inputs) {
    if (names.has(name)) throw refused(`input '${excerpt(name)}' is given twice`);
    names.add(name);
  }
}

function toRequest(inputs: readonly Tensor[], members: Members): InferRequest {
  const { outputs, parameters = NO_REQUEST_PARAMETERS } = members;
  return {
    id: members.id ?? '',
    inputs,
    outputs: outputs === undefined || outputs.outputs.length === 0 ? undefined : outputs.outputs,
    parameters: parameters.rest,
    priority: parameters.priority,
    queueTimeoutMs: parameters.queueTimeoutMs,
    sequence: parameters.sequence,
  };
}

/** `binary_data_output` counts only where no outputs are named: what Triton does. */
function binaryOutputsOf(members: Members): BinaryOutputs {
  const { outputs } = members;
  if (outputs !== undefined && outputs.outputs.length > 0) return outputs.binaryNames;
  return members.parameters?.binaryOutput === true ? 'all' : NO_NAMES;
}

function refused(text: string): MillraceError {
  return invalidArgument(`request: ${text}`);
}
