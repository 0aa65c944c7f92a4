import { bytesElementEnd, type Datatype, type Tensor, typedView } from '../../../core/index.js';
import { type ProtoWriter, VARINT } from '../../../protobuf/index.js';
import { LARGE_BYTES } from '../../wire.js';
import { dtypeNumber } from '../dtypes.js';
import { CONTENT_FIELD, TENSOR_FIELDS } from './decode-tensor.js';

const TWO_TO_32 = 2 ** 32;

/**
 * Writes the fields of a `TensorProto`, elements in the typed field of their datatype, where clients look for TensorFlow Serving's.
 * Only many integers are `tensor_content`: each of them would have to be converted.
 */
export function writeTensor(writer: ProtoWriter, { datatype, shape, data }: Tensor): void {
  writer.varint(1 * 8 + VARINT);
  writer.varint(dtypeNumber(datatype));
  const dims = writer.begin(2);
  for (let axis = 0; axis < shape.length; axis++) {
    const dim = writer.begin(2);
    writer.varint(1 * 8 + VARINT);
    writer.varint(shape[axis] as number);
    writer.end(dim);
  }
  writer.end(dims);
  if (data.length > 0) writeElements(writer, datatype, data);
}

function writeElements(writer: ProtoWriter, datatype: Datatype, data: Uint8Array): void {
  const field = TENSOR_FIELDS.fieldOf[datatype];
  switch (datatype) {
    case 'FP32':
    case 'FP64':
    case 'BOOL':
      // On the wire what they are in memory.
      writer.data(field, data);
      return;
    case 'BYTES':
      writeStrings(writer, field, data);
      return;
    default:
      if (data.length > LARGE_BYTES) writer.data(CONTENT_FIELD, data);
      else writeIntegers(writer, { field, datatype }, data);
  }
}

function writeStrings(writer: ProtoWriter, field: number, data: Uint8Array): void {
  let offset = 0;
  for (let index = 0; offset < data.length; index++) {
    const end = bytesElementEnd(data, offset, index);
    writer.data(field, data.subarray(offset + 4, end));
    offset = end;
  }
}

type PackedDatatype = Exclude<Datatype, 'FP32' | 'FP64' | 'BOOL' | 'BYTES'>;

function writeIntegers(
  writer: ProtoWriter,
  { field, datatype }: { readonly field: number; readonly datatype: PackedDatatype },
  data: Uint8Array,
): void {
  const packed = writer.begin(field);
  if (datatype === 'INT64' || datatype === 'UINT64') {
    const words = typedView('UINT32', data) as Uint32Array;
    for (let index = 0; index < words.length; index += 2) {
      const low = words[index] as number;
      const high = words[index + 1] as number;
      const value = high * TWO_TO_32 + low;
      if (Number.isSafeInteger(value)) writer.varint(value);
      else writer.bigVarint((BigInt(high) << 32n) | BigInt(low));
    }
  } else {
    const values = typedView(datatype, data);
    for (let index = 0; index < values.length; index++) {
      const value = values[index] as number;
      // Negative ones are sent as 64 bits.
      if (value >= 0) writer.varint(value);
      else writer.bigVarint(BigInt(value));
    }
  }
  writer.end(packed);
}
