import { DATATYPES, type Datatype, invalidArgument, MillraceError, type Tensor } from '../../core/index.js';
import { columnChunks } from '../columns.js';
import {
  align8,
  checkFrameSize,
  type Frame,
  type FrameHeader,
  frameWords,
  HEADER_WORDS,
  writeHeader,
} from './frame.js';
import type { NameTable } from './name-table.js';

/**
 * Body of the frames that carry tensors, as lists (one list for each item or answer). Words first:
 *
 *     data offset · lists · columns · attachment bytes · offset of each column · what the kind of frame adds ·
 *     for each list what the kind adds, then for each tensor: name index and rank · datatype · bytes · dimensions
 *
 * then, on 8 bytes, the attachment (rare values, serialised by V8), then the data by column: tensor 0 of all lists one behind the
 * other, then tensor 1, and so on, each column starting on 8 bytes. So a batch arrives as one view for each tensor. A column of large tensors that lie in the
 * memory of bodies stays there: in place of its offset stands a mark, and behind the dimensions of each tensor where that begins.
 */
const FIXED_WORDS = HEADER_WORDS + 4;
const TENSOR_WORDS = 3;
const MAX_RANK = 255;
const MAX_WORD = 0xffff_ffff;
/** In place of an offset; no frame is so large. */
const IN_BODIES = MAX_WORD;

/** Above this much data, tensors are sent from where they are instead of being copied into the frame first. */
const COPY_LIMIT_BYTES = 131_072;
/** A column of less is not left in the memory of bodies. */
const IN_BODIES_BYTES = 65_536;

const DATATYPE_CODES: ReadonlyMap<Datatype, number> = new Map(DATATYPES.map((datatype, code) => [datatype, code]));

export interface BatchFrameParts {
  readonly header: FrameHeader;
  readonly lists: readonly (readonly Tensor[])[];
  /** Words that the kind of frame adds, tensors not counted. */
  readonly extraWords: number;
  readonly attachment: Uint8Array | undefined;
  /** What the data is, for the message when it is too much: 'the inputs'. */
  readonly what: string;
  /** Where data lies in the memory of bodies, where the other end has mapped that; undefined = elsewhere. */
  readonly locate?: ((data: Uint8Array) => number | undefined) | undefined;
}

/** Writes one frame: words in order, then {@link finish}. */
export class BatchFrameWriter {
  readonly #lists: readonly (readonly Tensor[])[];
  /** Of each column the bytes that are part of the frame. */
  readonly #columnBytes: readonly number[];
  readonly #inBodies: ReadonlySet<number>;
  readonly #locate: BatchFrameParts['locate'];
  readonly #dataOffset: number;
  readonly #attachment: Uint8Array | undefined;
  readonly #inline: boolean;
  readonly #bytes: Uint8Array;
  readonly #words: Uint32Array;
  #position = FIXED_WORDS;

  constructor(parts: BatchFrameParts) {
    const columnBytes: number[] = [];
    let wordCount = FIXED_WORDS + parts.extraWords;
    for (const list of parts.lists) {
      for (let column = 0; column < list.length; column++) {
        const tensor = list[column] as Tensor;
        wordCount += TENSOR_WORDS + tensor.shape.length;
        columnBytes[column] = (columnBytes[column] ?? 0) + tensor.data.byteLength;
      }
    }
    this.#inBodies = columnsInBodies(parts, columnBytes.length);
    for (const column of this.#inBodies) columnBytes[column] = 0;
    wordCount += columnBytes.length + this.#inBodies.size * parts.lists.length;
    const attachmentBytes = parts.attachment?.byteLength ?? 0;
    this.#dataOffset = align8(wordCount * 4) + align8(attachmentBytes);
    let sizeBytes = this.#dataOffset;
    for (const bytes of columnBytes) sizeBytes += align8(bytes);
    checkFrameSize(sizeBytes, parts.what);
    this.#lists = parts.lists;
    this.#locate = parts.locate;
    this.#columnBytes = columnBytes;
    this.#attachment = parts.attachment;
    this.#inline = sizeBytes - this.#dataOffset <= COPY_LIMIT_BYTES;
    this.#bytes = Buffer.allocUnsafe(this.#inline ? sizeBytes : this.#dataOffset);
    this.#words = frameWords(this.#bytes);
    writeHeader(this.#words, sizeBytes, parts.header);
    this.#words[HEADER_WORDS] = this.#dataOffset;
    this.#words[HEADER_WORDS + 1] = parts.lists.length;
    this.#words[HEADER_WORDS + 2] = columnBytes.length;
    this.#words[HEADER_WORDS + 3] = attachmentBytes;
    let columnOffset = this.#dataOffset;
    for (const [column, bytes] of columnBytes.entries()) {
      this.word(this.#inBodies.has(column) ? IN_BODIES : columnOffset);
      columnOffset += align8(bytes);
    }
  }

  word(value: number): void {
    this.#words[this.#position++] = value;
  }

  /** A non-negative safe integer, in two words. */
  integer(value: number): void {
    this.word(value);
    this.word(Math.floor(value / 4_294_967_296));
  }

  /** A number with a fraction, in two words. */
  float(value: number): void {
    const position = this.#position;
    new DataView(this.#bytes.buffer, this.#bytes.byteOffset + position * 4, 8).setFloat64(0, value, true);
    this.#position += 2;
  }

  tensors(list: readonly Tensor[], names: NameTable): void {
    for (let column = 0; column < list.length; column++) {
      const tensor = list[column] as Tensor;
      const rank = tensor.shape.length;
      if (rank > MAX_RANK) throw tooLarge(tensor.name, `a rank of ${rank}; at most ${MAX_RANK} is supported`);
      this.word((names.indexOf(tensor.name) << 8) | rank);
      this.word(DATATYPE_CODES.get(tensor.datatype) as number);
      this.word(tensor.data.byteLength);
      for (const dim of tensor.shape) {
        if (dim > MAX_WORD) throw tooLarge(tensor.name, `a dimension of ${dim}; at most ${MAX_WORD} is supported`);
        this.word(dim);
      }
      if (this.#inBodies.has(column)) this.word(this.#locate?.(tensor.data) as number);
    }
  }

  /** The pieces to send, in order. */
  finish(): Uint8Array[] {
    if (this.#attachment !== undefined) {
      this.#bytes.set(this.#attachment, this.#dataOffset - align8(this.#attachment.byteLength));
    }
    return this.#inline ? this.#copyData() : this.#referToData();
  }

  #copyData(): Uint8Array[] {
    let columnOffset = this.#dataOffset;
    for (let column = 0; column < this.#columnBytes.length; column++) {
      if (this.#columnBytes[column] === 0) continue;
      let offset = columnOffset;
      for (const chunk of columnChunks(this.#lists, column)) {
        this.#bytes.set(chunk, offset);
        offset += chunk.byteLength;
      }
      columnOffset += align8(this.#columnBytes[column] as number);
    }
    return [this.#bytes];
  }

  #referToData(): Uint8Array[] {
    const pieces = [this.#bytes];
    for (let column = 0; column < this.#columnBytes.length; column++) {
      const sizeBytes = this.#columnBytes[column] as number;
      if (sizeBytes === 0) continue;
      for (const chunk of columnChunks(this.#lists, column)) pieces.push(chunk);
      const padding = align8(sizeBytes) - sizeBytes;
      if (padding > 0) pieces.push(new Uint8Array(padding));
    }
    return pieces;
  }
}

/** Columns of large tensors that all lie in the memory of bodies: they stay there. */
function columnsInBodies({ lists, locate }: BatchFrameParts, columns: number): ReadonlySet<number> {
  const found = new Set<number>();
  if (locate === undefined) return found;
  const stays = (tensor: Tensor | undefined) =>
    tensor === undefined || (tensor.data.byteLength > IN_BODIES_BYTES && locate(tensor.data) !== undefined);
  for (let column = 0; column < columns; column++) {
    if (lists.every((list) => stays(list[column]))) found.add(column);
  }
  return found;
}

/** Reads what {@link BatchFrameWriter} wrote, in the same order. Tensor data are views into the frame, or the memory of bodies. */
export class BatchFrameReader {
  readonly listCount: number;
  readonly #bytes: Uint8Array;
  readonly #bodies: Uint8Array | undefined;
  readonly #words: Uint32Array;
  readonly #cursors: number[] = [];
  readonly #previous: (Tensor | undefined)[] = [];
  readonly #dataOffset: number;
  #position = FIXED_WORDS;

  constructor(frame: Frame, bodies?: Uint8Array) {
    this.#bytes = frame.bytes;
    this.#bodies = bodies;
    this.#words = frameWords(frame.bytes);
    this.#dataOffset = this.#words[HEADER_WORDS] as number;
    this.listCount = this.#checkCount(this.#words[HEADER_WORDS + 1]);
    const columns = this.#checkCount(this.#words[HEADER_WORDS + 2]);
    for (let column = 0; column < columns; column++) this.#cursors.push(this.word());
  }

  word(): number {
    const value = this.#words[this.#position++];
    if (value === undefined) throw new MillraceError('internal', 'malformed frame: it ends too early');
    return value;
  }

  integer(): number {
    return this.word() + this.word() * 4_294_967_296;
  }

  float(): number {
    const offset = this.#bytes.byteOffset + this.#position * 4;
    this.#position += 2;
    return new DataView(this.#bytes.buffer, offset, 8).getFloat64(0, true);
  }

  /** Serialised values behind the words; undefined when there are none. */
  attachment(): Uint8Array | undefined {
    const sizeBytes = this.#words[HEADER_WORDS + 3] as number;
    if (sizeBytes === 0) return undefined;
    const start = this.#dataOffset - align8(sizeBytes);
    return this.#bytes.subarray(start, start + sizeBytes);
  }

  tensors(count: number, names: NameTable): Tensor[] {
    const list: Tensor[] = [];
    for (let column = 0; column < count; column++) {
      const nameAndRank = this.word();
      const name = names.nameAt(nameAndRank >>> 8);
      const datatype = DATATYPES[this.word()] as Datatype;
      const sizeBytes = this.word();
      const shape = this.#shape(nameAndRank & 0xff, this.#previous[column]?.shape);
      const offset = this.#cursors[column] as number;
      let data: Uint8Array;
      if (offset === IN_BODIES) data = this.#bodyData(this.word(), sizeBytes);
      else {
        this.#cursors[column] = offset + sizeBytes;
        data = new Uint8Array(this.#bytes.buffer, this.#bytes.byteOffset + offset, sizeBytes);
      }
      const tensor = { name, datatype, shape, data };
      this.#previous[column] = tensor;
      list.push(tensor);
    }
    return list;
  }

  #bodyData(offset: number, sizeBytes: number): Uint8Array {
    if (this.#bodies === undefined) throw new MillraceError('internal', 'malformed frame: no bodies are mapped');
    return new Uint8Array(this.#bodies.buffer, this.#bodies.byteOffset + offset, sizeBytes);
  }

  /** Items of a batch mostly have one shape: they then share one array. */
  #shape(rank: number, previous: readonly number[] | undefined): readonly number[] {
    const start = this.#position;
    this.#position += rank;
    if (previous?.length === rank) {
      let axis = 0;
      while (axis < rank && previous[axis] === this.#words[start + axis]) axis++;
      if (axis === rank) return previous;
    }
    const shape: number[] = [];
    for (let axis = 0; axis < rank; axis++) shape.push(this.#words[start + axis] as number);
    return shape;
  }

  #checkCount(count: number | undefined): number {
    if (count === undefined || count > this.#words.length) {
      throw new MillraceError('internal', `malformed frame: a count of ${count}`);
    }
    return count;
  }
}

function tooLarge(name: string, what: string): MillraceError {
  return invalidArgument(`tensor '${name}' has ${what}`);
}
