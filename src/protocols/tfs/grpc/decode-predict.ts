import {
  excerpt,
  type InferRequest,
  invalidArgument,
  MillraceError,
  type RequestedOutput,
  type Tensor,
} from '../../../core/index.js';
import { DELIMITED, FIXED32, ProtoReader } from '../../../protobuf/index.js';
import type { FillBudget } from '../../shared/grpc/value-fields.js';
import { plainRequest } from '../../shared/plain-request.js';
import { LARGE_BYTES } from '../../wire.js';
import { CONTENT_FIELD, readTensor, TENSOR_FIELDS } from './decode-tensor.js';
import { givenSpec, type ModelSpec, readModelSpec } from './model-spec.js';

export interface DecodePredictOptions {
  /** Most inputs of a request, and most outputs that it may name. */
  readonly maxInputs: number;
}

export interface DecodedPredict {
  readonly spec: ModelSpec;
  readonly request: InferRequest;
}

/** Bytes that a request may leave out of its tensors' last elements. */
const MAX_FILLED_BYTES = 16_777_216;
/** Of a field, with its length: at least this much has to be decoded of each. */
const KEY_BYTES = 2;
const INPUTS_FIELD = 2;
const STREAMED_FIELD = 5;

/** What a `PredictRequest` says, field by field. */
class Draft {
  readonly maxInputs: number;
  readonly inputs: Tensor[] = [];
  readonly outputs: RequestedOutput[] = [];
  readonly fill: FillBudget = { leftBytes: MAX_FILLED_BYTES };
  spec: ModelSpec | undefined;

  constructor(maxInputs: number) {
    this.maxInputs = maxInputs;
  }
}

/**
 * The inference request in a `PredictRequest`. Tensors are views of the message wherever its encoding is the raw one. Checks everything
 * that takes no knowledge of the model. Throws `invalid_argument`.
 */
export function decodePredict(message: Uint8Array, { maxInputs }: DecodePredictOptions): DecodedPredict {
  const reader = new ProtoReader(message);
  const draft = new Draft(maxInputs);
  for (let field = reader.delimitedField(STREAMED_FIELD); field !== 0; field = reader.delimitedField(STREAMED_FIELD)) {
    readField(reader, field, draft);
  }
  const { inputs, outputs } = draft;
  const spec = givenSpec(draft.spec);
  const request = plainRequest(inputs);
  return { spec, request: outputs.length === 0 ? request : { ...request, outputs } };
}

function readField(reader: ProtoReader, field: number, draft: Draft): void {
  switch (field) {
    case 1:
      draft.spec = readModelSpec(reader);
      break;
    case INPUTS_FIELD:
      checkRoom(draft.inputs, draft.maxInputs, 'inputs');
      draft.inputs.push(readEntry(reader, draft));
      break;
    case 3:
      checkRoom(draft.outputs, draft.maxInputs, 'outputs in output_filter');
      draft.outputs.push({ name: reader.name(), classificationCount: 0 });
      break;
    case STREAMED_FIELD:
      throw new MillraceError(
        'unimplemented',
        'request: predict_streamed_options are for PredictStreamed, which is not served here',
      );
    default:
      reader.skip(field * 8 + DELIMITED);
  }
}

/** An entry of `inputs`; the tensor may come before its name. */
function readEntry(reader: ProtoReader, draft: Draft): Tensor {
  let name = '';
  let start = 0;
  let end = 0;
  const outer = reader.enter();
  for (let field = reader.delimitedField(2); field !== 0; field = reader.delimitedField(2)) {
    if (field === 1) {
      name = reader.name();
    } else {
      end = reader.length() + reader.pos;
      start = reader.pos;
      reader.pos = end;
    }
  }
  const entryEnd = reader.end;
  reader.pos = start;
  reader.end = end;
  if (draft.inputs.some((input) => input.name === name)) {
    throw invalidArgument(`request: input '${excerpt(name)}' is given twice`);
  }
  const tensor = readTensor(reader, name, draft.fill);
  reader.pos = entryEnd;
  reader.leave(outer);
  return tensor;
}

function checkRoom(list: readonly unknown[], max: number, what: string): void {
  if (list.length === max) throw invalidArgument(`request: expected at most ${max} ${what}, got more`);
}

/**
 * Whether so much of the message has to be decoded, which is all but raw contents and packed floats, that it must not be in the event
 * loop. False as well for one that is too malformed to tell.
 */
export function isLargePredict(message: Uint8Array): boolean {
  if (message.length <= LARGE_BYTES) return false;
  const reader = new ProtoReader(message);
  try {
    return countDecoded(reader, 0) > LARGE_BYTES;
  } catch {
    return false;
  }
}

/** Fields that lead to the elements of a tensor: an input, its tensor, what is in that. */
const PATH = [INPUTS_FIELD, 2] as const;

/** Bytes to decode of the message that is left for the reader, `depth` deep on the way to a tensor; no more than it takes to know. */
function countDecoded(reader: ProtoReader, depth: number): number {
  let decoded = 0;
  for (let key = reader.key(); key !== 0 && decoded <= LARGE_BYTES; key = reader.key()) {
    const start = reader.pos;
    const field = key >>> 3;
    decoded += KEY_BYTES;
    if (depth < PATH.length && key === (PATH[depth] as number) * 8 + DELIMITED) {
      const outer = reader.enter();
      const { end } = reader;
      decoded += countDecoded(reader, depth + 1);
      reader.pos = end;
      reader.leave(outer);
    } else {
      reader.skip(key);
      if (depth < PATH.length || !isRaw(field, key)) decoded += reader.pos - start;
    }
  }
  return decoded;
}

function isRaw(field: number, key: number): boolean {
  if (field === CONTENT_FIELD) return true;
  const [, wireType = -1] = TENSOR_FIELDS.fields[field] ?? [];
  return (key & 7) === DELIMITED && (wireType === FIXED32 || wireType === 1);
}
