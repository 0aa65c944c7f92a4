import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';

/** A field of a protobuf message. */
export interface WireField {
  readonly number: number;
  /** Text, bytes or a message; empty for anything else. */
  readonly bytes: Uint8Array;
  /** An integer; 0 for anything else. */
  readonly integer: bigint;
  /** From the tag to the end of the value. */
  readonly raw: Uint8Array;
}

const NO_BYTES = new Uint8Array();
const utf8 = new TextDecoder();

/** The fields of a message in order; ONNX's own schema is not needed for the few that are read. Throws for what is none. */
export function* wireFields(message: Uint8Array): Generator<WireField> {
  const reader = new BinaryReader(message);
  while (reader.pos < reader.len) {
    const start = reader.pos;
    const [number, type] = reader.tag();
    const bytes = type === WireType.LengthDelimited ? reader.bytes() : NO_BYTES;
    const integer = type === WireType.Varint ? BigInt(reader.int64()) : 0n;
    if (type !== WireType.LengthDelimited && type !== WireType.Varint) reader.skip(type, number);
    yield { number, bytes, integer, raw: message.subarray(start, reader.pos) };
  }
}

export function textOf({ bytes }: WireField): string {
  return utf8.decode(bytes);
}
