import {
  ELEMENT_SIZE_BYTES,
  elementCount,
  excerpt,
  formatTensorType,
  invalidArgument,
  type MillraceError,
  type Tensor,
} from '../../../core/index.js';
import { DELIMITED, FIXED32, FIXED64, type ProtoReader, VARINT } from '../../../protobuf/index.js';
import { type FillBudget, readValues, type ValueFields } from '../../shared/grpc/value-fields.js';
import type { Named } from '../../shared/json/elements.js';
import { MAX_DIMENSION, MAX_RANK } from '../../shared/shape-limits.js';
import { DTYPE_NAMES, datatypeOf } from '../dtypes.js';
import { readInt64Value } from './int64-value.js';

const DTYPE_FIELD = 1;
const SHAPE_FIELD = 2;
export const CONTENT_FIELD = 4;

/** The typed fields of a `TensorProto`. */
export const TENSOR_FIELDS: ValueFields = {
  fieldOf: {
    FP16: 13,
    BF16: 13,
    FP32: 5,
    FP64: 6,
    INT8: 7,
    INT16: 7,
    INT32: 7,
    UINT8: 7,
    UINT16: 7,
    BYTES: 8,
    INT64: 10,
    BOOL: 11,
    UINT32: 16,
    UINT64: 17,
  },
  fields: [
    ...Array.from({ length: 5 }, () => undefined),
    ['float_val', FIXED32],
    ['double_val', FIXED64],
    ['int_val', VARINT],
    ['string_val', DELIMITED],
    ['scomplex_val', FIXED32],
    ['int64_val', VARINT],
    ['bool_val', VARINT],
    ['dcomplex_val', FIXED64],
    ['half_val', VARINT],
    undefined,
    undefined,
    ['uint32_val', VARINT],
    ['uint64_val', VARINT],
  ],
  raw: 'tensor_content',
  mixed: true,
};

/** What has been read of a tensor so far. */
class Draft implements Named {
  readonly name: string;
  dtype = 0;
  shape: readonly number[] = [];
  content: Uint8Array | undefined;

  constructor(name: string) {
    this.name = name;
  }

  get label(): string {
    return `input '${excerpt(this.name)}'`;
  }
}

/**
 * The tensor in a `TensorProto`, which is what is left for the reader: a view of the message where its encoding is the raw one. Of typed
 * fields the last element counts for those that are missing, as in TensorFlow. Throws `invalid_argument`.
 */
export function readTensor(reader: ProtoReader, name: string, fill: FillBudget): Tensor {
  const draft = new Draft(name);
  const { pos: start } = reader;
  for (let key = reader.key(); key !== 0; key = reader.key()) readField(reader, key, draft);
  const { dtype, shape, content } = draft;
  const datatype = datatypeOf(dtype);
  if (datatype === undefined) {
    const got = dtype === 0 ? 'none' : (DTYPE_NAMES[dtype] ?? `dtype ${dtype}`);
    throw refused(draft, `expected a dtype of numbers, booleans or strings, got ${got}`);
  }
  if (content !== undefined && content.length > 0) {
    if (datatype === 'BYTES')
      throw refused(draft, "elements of DT_STRING belong in 'string_val', got 'tensor_content'");
    const sizeBytes = elementCount(shape) * ELEMENT_SIZE_BYTES[datatype];
    if (content.length === sizeBytes) return { name, datatype, shape, data: content };
    const expected = `${formatTensorType(datatype, shape)} needs ${sizeBytes} bytes of 'tensor_content'`;
    throw refused(draft, `${expected}, got ${content.length}`);
  }
  reader.pos = start;
  const head = { label: draft.label, datatype, shape };
  return { name, datatype, shape, data: readValues(reader, head, { how: TENSOR_FIELDS, fill }) };
}

function readField(reader: ProtoReader, key: number, draft: Draft): void {
  switch (key >>> 3) {
    case DTYPE_FIELD:
      reader.expect(key, VARINT);
      reader.varint();
      draft.dtype = reader.low;
      break;
    case SHAPE_FIELD:
      reader.expect(key, DELIMITED);
      draft.shape = readShape(reader, draft);
      break;
    case CONTENT_FIELD:
      reader.expect(key, DELIMITED);
      draft.content = reader.view();
      break;
    default:
      reader.skip(key);
  }
}

/** A `TensorShapeProto`. */
function readShape(reader: ProtoReader, draft: Draft): readonly number[] {
  const shape: number[] = [];
  const outer = reader.enter();
  for (let key = reader.key(); key !== 0; key = reader.key()) {
    const field = key >>> 3;
    if (field === 2) {
      reader.expect(key, DELIMITED);
      if (shape.length === MAX_RANK) throw refused(draft, `tensor_shape has more than ${MAX_RANK} dimensions`);
      shape.push(readDimension(reader, draft, shape.length));
    } else if (field === 3) {
      reader.expect(key, VARINT);
      reader.varint();
      if (reader.low !== 0) throw refused(draft, 'expected a tensor_shape with dimensions, got unknown_rank');
    } else {
      reader.skip(key);
    }
  }
  reader.leave(outer);
  return shape;
}

function readDimension(reader: ProtoReader, draft: Draft, axis: number): number {
  const size = readInt64Value(reader);
  if (typeof size === 'number' && size >= 0 && size <= MAX_DIMENSION) return size;
  throw refused(draft, `tensor_shape.dim[${axis}]: expected a size from 0 to ${MAX_DIMENSION}, got ${size}`);
}

function refused(draft: Draft, text: string): MillraceError {
  return invalidArgument(`${draft.label}: ${text}`);
}
