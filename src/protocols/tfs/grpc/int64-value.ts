import { type ProtoReader, VARINT } from '../../../protobuf/index.js';

/** Takes a nested message of which the int64 in field 1 counts, such as an `Int64Value`; bigint beyond 2^53. */
export function readInt64Value(reader: ProtoReader): number | bigint {
  let value: number | bigint = 0;
  const outer = reader.enter();
  for (let key = reader.key(); key !== 0; key = reader.key()) {
    if (key >>> 3 === 1) {
      reader.expect(key, VARINT);
      value = reader.int64();
    } else {
      reader.skip(key);
    }
  }
  reader.leave(outer);
  return value;
}
