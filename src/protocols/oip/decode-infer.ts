import {
  type InferRequest,
  MillraceError,
  NO_PARAMETERS,
  type Parameters,
  type Signature,
  type Tensor,
} from '../../core/index.js';
import type { WireRequest } from '../wire.js';
import { attachBinary } from './decode-binary.js';
import { type InputHead, readInput } from './decode-input.js';
import { type OutputList, readOutputs } from './decode-outputs.js';
import { readParameters } from './decode-parameters.js';
import { decodeRawInput } from './decode-raw.js';
import { splitParameters } from './decode-scheduling.js';
import { CLOSE_BRACE, CLOSE_BRACKET, OPEN_BRACE, OPEN_BRACKET } from './json/bytes.js';
import { excerpt, JsonCursor } from './json/cursor.js';
import { keySet, readKey } from './json/key.js';
import { skipValue } from './json/skip.js';
import { readString } from './json/string.js';

const KEYS = keySet('inputs', 'outputs', 'id', 'parameters');
const NO_BYTES = new Uint8Array(0);

/** The model that the path names; version undefined = the version policy chooses. */
export interface InferTarget {
  readonly name: string;
  readonly version: number | undefined;
}

export interface DecodeOptions {
  /** Most inputs of a request, and most outputs that it may name. */
  readonly maxInputs: number;
  /** The target's signature; asked for only by raw binary requests, which name nothing. May throw `not_found`. */
  readonly signatureOf: (target: InferTarget) => Signature;
}

/** A request, and which of its outputs go back as binary data: these, or all when `'all'`. */
export interface DecodedInfer {
  readonly request: InferRequest;
  readonly binaryOutputs: ReadonlySet<string> | 'all';
}

const NO_NAMES: ReadonlySet<string> = new Set();

/** What the JSON of a request says; undefined = not there. */
interface Members {
  inputs: readonly InputHead[] | undefined;
  outputs: OutputList | undefined;
  id: string | undefined;
  parameters: Parameters | undefined;
}

const NO_MEMBERS: Members = { inputs: undefined, outputs: undefined, id: undefined, parameters: undefined };

/**
 * The inference request that a POST to an infer route carries: JSON, JSON with binary tensors behind it, or one raw
 * tensor. Checks everything that takes no knowledge of the model. Throws `invalid_argument`.
 */
export function decodeInfer(wire: WireRequest, target: InferTarget, options: DecodeOptions): DecodedInfer {
  const { body } = wire;
  const jsonBytes = headerLength(wire);
  if (jsonBytes === 0) {
    const inputs = [decodeRawInput(options.signatureOf(target), body)];
    return { ...toRequest(target, inputs, NO_MEMBERS), binaryOutputs: 'all' };
  }
  const members = readMembers(new JsonCursor(body, jsonBytes), options.maxInputs);
  if (members.inputs === undefined) throw new MillraceError('invalid_argument', "expected 'inputs', got none");
  const inputs = attachBinary(members.inputs, jsonBytes === body.length ? NO_BYTES : body.subarray(jsonBytes));
  checkNames(inputs);
  return toRequest(target, inputs, members);
}

/** Bytes of JSON at the beginning of the body: all of it unless a header says otherwise; 0 = a raw tensor. */
function headerLength(wire: WireRequest): number {
  const header = wire.headers['inference-header-content-length'];
  const size = wire.body.length;
  if (header === undefined) return Math.max(size, 1);
  const length = typeof header === 'string' && /^\d+$/.test(header) ? Number(header) : Number.NaN;
  if (length <= size) return length;
  const got = excerpt(String(header));
  throw new MillraceError(
    'invalid_argument',
    `Inference-Header-Content-Length: expected a number from 0 to ${size}, the bytes of the body, got '${got}'`,
  );
}

function readMembers(cursor: JsonCursor, maxInputs: number): Members {
  const members = { ...NO_MEMBERS };
  let more = cursor.enter(OPEN_BRACE, CLOSE_BRACE, 'an object');
  while (more) {
    const key = readKey(cursor, KEYS);
    if (key !== undefined && members[key] !== undefined) {
      throw new MillraceError('invalid_argument', `'${key}' is given twice`);
    }
    switch (key) {
      case 'inputs':
        members.inputs = readInputs(cursor, maxInputs);
        break;
      case 'outputs':
        members.outputs = readOutputs(cursor, maxInputs);
        break;
      case 'id':
        members.id = readString(cursor, 'a string for the id');
        break;
      case 'parameters':
        members.parameters = readParameters(cursor, 'the request');
        break;
      case undefined:
        skipValue(cursor);
        break;
      default:
        key satisfies never;
    }
    more = cursor.next(CLOSE_BRACE);
  }
  if (cursor.peek() !== -1) throw cursor.unexpected('the end of the JSON');
  return members;
}

function readInputs(cursor: JsonCursor, maxInputs: number): readonly InputHead[] {
  const inputs: InputHead[] = [];
  let more = cursor.enter(OPEN_BRACKET, CLOSE_BRACKET, "an array for 'inputs'");
  while (more) {
    if (inputs.length === maxInputs) throw new MillraceError('invalid_argument', `more than ${maxInputs} inputs`);
    inputs.push(readInput(cursor, inputs.length));
    more = cursor.next(CLOSE_BRACKET);
  }
  return inputs;
}

function checkNames(inputs: readonly Tensor[]): void {
  if (inputs.length < 2) return;
  const names = new Set<string>();
  for (const { name } of inputs) {
    if (names.has(name)) throw new MillraceError('invalid_argument', `input '${excerpt(name)}' is given twice`);
    names.add(name);
  }
}

function toRequest(target: InferTarget, inputs: readonly Tensor[], members: Members): DecodedInfer {
  const { outputs, id = '', parameters = NO_PARAMETERS } = members;
  const { binaryOutput, rest, ...scheduling } = splitParameters(parameters);
  // An output that is named without `binary_data` goes back as JSON even then: what Triton does.
  const named = outputs === undefined || outputs.outputs.length === 0 ? undefined : outputs;
  const request: InferRequest = {
    id,
    modelName: target.name,
    modelVersion: target.version,
    inputs,
    outputs: named?.outputs,
    parameters: rest,
    ...scheduling,
  };
  return { request, binaryOutputs: named?.binaryNames ?? (binaryOutput ? 'all' : NO_NAMES) };
}
