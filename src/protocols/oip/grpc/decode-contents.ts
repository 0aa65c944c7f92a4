import { DELIMITED, FIXED32, FIXED64, type ProtoReader, VARINT } from '../../../protobuf/index.js';
import { readValues, type ValueFields, type ValuesHead } from '../../shared/grpc/value-fields.js';

/** `InferTensorContents`. */
const CONTENTS: ValueFields = {
  fieldOf: {
    BOOL: 1,
    INT8: 2,
    INT16: 2,
    INT32: 2,
    INT64: 3,
    UINT8: 4,
    UINT16: 4,
    UINT32: 4,
    UINT64: 5,
    FP32: 6,
    FP64: 7,
    BYTES: 8,
    FP16: 0,
    BF16: 0,
  },
  fields: [
    undefined,
    ['bool_contents', VARINT],
    ['int_contents', VARINT],
    ['int64_contents', VARINT],
    ['uint_contents', VARINT],
    ['uint64_contents', VARINT],
    ['fp32_contents', FIXED32],
    ['fp64_contents', FIXED64],
    ['bytes_contents', DELIMITED],
  ],
  raw: 'raw_input_contents',
};

const OPTIONS = { how: CONTENTS };

/**
 * The raw data of a tensor from its `InferTensorContents`, which is what is left for the reader. Floats that lie in one
 * piece are not copied. Throws `invalid_argument` for a field of another datatype, wrong counts and integers out of range.
 */
export function readContents(reader: ProtoReader, head: ValuesHead): Uint8Array {
  return readValues(reader, head, OPTIONS);
}
