import type { Random } from '../support/random.js';
import { mutateBytes } from './mutate.js';

/** A field of a message as it stands on the wire; what is delimited may be a message of its own. */
interface WireField {
  readonly number: number;
  readonly wireType: number;
  /** Varints and fixed values as their bytes. */
  readonly bytes: Uint8Array;
  readonly nested: readonly WireField[] | undefined;
}

const MAX_DEPTH = 5;
/** Copies of copies would make messages of any size. */
const MAX_FIELDS = 400;
const NASTY_VARINTS = [
  ...[[0], [1], [0x7f], [0x80, 0x01], [0xff, 0xff, 0xff, 0xff, 0x0f]],
  ...[[0x80, 0x80, 0x80, 0x80, 0x10], [...new Array(9).fill(0xff), 0x01], new Array(10).fill(0xff), [0x80]],
].map((bytes) => Uint8Array.from(bytes));

/**
 * A valid message with something wrong in it, most of it still well-formed: fields are repeated, dropped, moved, renumbered,
 * given other wire types and other values at every depth; some messages are damaged as bytes, or cut off.
 */
export function mutateProtobuf(message: Uint8Array, random: Random): Uint8Array {
  let fields = parseFields(message, 0);
  if (fields === undefined) return mutateBytes(message, random);
  for (let times = random.integer(1, 4); times > 0; times--) fields = mutateFields(fields, random);
  const bytes = writeFields(fields, random);
  return random.chance(0.2) ? mutateBytes(bytes, random) : bytes;
}

/** The fields of a message; undefined when the bytes are none. */
function parseFields(bytes: Uint8Array, depth: number): readonly WireField[] | undefined {
  const fields: WireField[] = [];
  let pos = 0;
  while (pos < bytes.length) {
    const keyEnd = varintEnd(bytes, pos);
    const key = Number(readVarint(bytes.subarray(pos, keyEnd)));
    const wireType = key & 7;
    let start = keyEnd;
    let end = keyEnd;
    if (wireType === 0) end = varintEnd(bytes, keyEnd);
    else if (wireType === 1 || wireType === 5) end = keyEnd + (wireType === 1 ? 8 : 4);
    else if (wireType === 2) {
      start = varintEnd(bytes, keyEnd);
      end = start + Number(readVarint(bytes.subarray(keyEnd, start)));
    } else return undefined;
    if (key < 8 || end > bytes.length) return undefined;
    const content = bytes.subarray(start, end);
    const nested =
      wireType === 2 && content.length > 0 && depth < MAX_DEPTH ? parseFields(content, depth + 1) : undefined;
    fields.push({ number: key >>> 3, wireType, bytes: content, nested });
    pos = end;
  }
  return fields;
}

function mutateFields(fields: readonly WireField[], random: Random): readonly WireField[] {
  const at = random.integer(0, Math.max(0, fields.length - 1));
  const field = fields[at];
  if (field === undefined) return [randomField(random)];
  if (field.nested !== undefined && random.chance(0.6)) {
    return fields.with(at, { ...field, nested: mutateFields(field.nested, random) });
  }
  const before = fields.slice(0, at);
  const after = fields.slice(at + 1);
  switch (random.integer(0, 7)) {
    case 0:
      return [...before, ...after];
    case 1:
      return [...before, field, field, ...after];
    case 2:
      return [...after, field, ...before];
    case 3:
      return [...before, { ...field, number: random.pick([1, 2, 3, 4, 5, 6, 7, 8, 9, 536_870_911]) }, ...after];
    case 4:
      return [...before, { ...field, wireType: random.integer(0, 7), nested: undefined }, ...after];
    case 5:
      return [...before, field, randomField(random), ...after];
    case 6:
      return new Array(Math.min(random.pick([2, 40, 300]), Math.ceil(MAX_FIELDS / countFields(field)))).fill(field);
    default:
      return [...before, { ...field, bytes: mutateValue(field, random), nested: undefined }, ...after];
  }
}

function countFields({ nested = [] }: WireField): number {
  return nested.reduce((sum, field) => sum + countFields(field), 1);
}

function randomField(random: Random): WireField {
  const wireType = random.pick([0, 1, 2, 2, 2, 5]);
  const length = wireType === 1 ? 8 : wireType === 5 ? 4 : random.integer(0, 12);
  const bytes = wireType === 0 ? random.pick(NASTY_VARINTS) : random.bytes(length);
  return { number: random.integer(1, 9), wireType, bytes, nested: undefined };
}

function mutateValue({ wireType, bytes }: WireField, random: Random): Uint8Array {
  if (wireType === 0) return random.pick(NASTY_VARINTS);
  if (wireType !== 2 || random.chance(0.5)) return mutateBytes(bytes, random);
  return random.pick([new Uint8Array(0), Buffer.from('FP64'), Buffer.from('BYTES'), Buffer.of(0xc3), random.bytes(9)]);
}

function writeFields(fields: readonly WireField[], random: Random): Buffer {
  return Buffer.concat(
    fields.flatMap(({ number, wireType, bytes, nested }) => {
      const content = nested === undefined ? bytes : writeFields(nested, random);
      const key = writeVarint(BigInt(number) * 8n + BigInt(wireType));
      if (wireType !== 2) return [key, content];
      const wrong = random.chance(0.01) ? random.integer(-3, 3) : 0;
      return [key, writeVarint(BigInt(Math.max(0, content.length + wrong))), content];
    }),
  );
}

function varintEnd(bytes: Uint8Array, from: number): number {
  let pos = from;
  while (pos < bytes.length && (bytes[pos] as number) >= 0x80) pos++;
  return pos + 1;
}

function readVarint(bytes: Uint8Array): bigint {
  return bytes.reduceRight((value, byte) => (value << 7n) | BigInt(byte & 0x7f), 0n);
}

function writeVarint(value: bigint): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 0x7fn; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  return Uint8Array.from([...bytes, Number(rest)]);
}
