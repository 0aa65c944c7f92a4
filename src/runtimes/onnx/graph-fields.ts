import { closeSync, openSync, readSync } from 'node:fs';

const WINDOW_BYTES = 65_536;
/** Field of `ModelProto` that is the graph. */
const GRAPH = 7;
const MAX_VARINT_BYTES = 10;

/** Fields of `GraphProto`. */
export const GraphField = { node: 1, input: 11, output: 12 } as const;

interface Field {
  readonly number: number;
  readonly start: number;
  readonly end: number;
}

/**
 * The messages in some fields of the graph of an ONNX file, in order. Weights are skipped, not read: a file may have
 * gigabytes of them. Throws for what is no protobuf.
 */
export function readGraphFields(path: string, numbers: readonly number[]): Uint8Array[] {
  const file = new FieldFile(path);
  try {
    const graphs = [...file.fields(0, Number.POSITIVE_INFINITY)].filter(({ number }) => number === GRAPH);
    return graphs.flatMap((graph) =>
      [...file.fields(graph.start, graph.end)]
        .filter(({ number }) => numbers.includes(number))
        .map(({ start, end }) => file.read(start, end)),
    );
  } finally {
    file.close();
  }
}

/** A file of protobuf fields, read through a window. */
class FieldFile {
  readonly #descriptor: number;
  readonly #window = Buffer.alloc(WINDOW_BYTES);
  #windowStart = 0;
  #windowEnd = 0;
  #position = 0;

  constructor(path: string) {
    this.#descriptor = openSync(path, 'r');
  }

  close(): void {
    closeSync(this.#descriptor);
  }

  read(start: number, end: number): Uint8Array {
    const bytes = Buffer.alloc(end - start);
    if (readSync(this.#descriptor, bytes, 0, bytes.length, start) !== bytes.length)
      throw new Error('the file ends early');
    return bytes;
  }

  /** The fields between two places, up to the end of the file. */
  *fields(start: number, limit: number): Generator<Field> {
    let next = start;
    while (next < limit) {
      this.#position = next;
      if (this.#byte() === undefined) return;
      this.#position = next;
      const tag = this.#varint();
      const valueStart = this.#endOfPrefix(tag % 8);
      next = valueStart.end;
      yield { number: Math.floor(tag / 8), ...valueStart };
    }
  }

  /** Where the value of a field of this wire type lies, from the place behind its tag. */
  #endOfPrefix(wireType: number): Omit<Field, 'number'> {
    const fixed = { 1: 8, 5: 4 }[wireType];
    if (wireType === 0) this.#varint();
    else if (wireType === 2) {
      const size = this.#varint();
      return { start: this.#position, end: this.#position + size };
    } else if (fixed === undefined) throw new Error(`there is no wire type ${wireType}`);
    return { start: this.#position, end: this.#position + (fixed ?? 0) };
  }

  #varint(): number {
    let value = 0;
    for (let index = 0; index < MAX_VARINT_BYTES; index++) {
      const byte = this.#byte();
      if (byte === undefined) throw new Error('the file ends early');
      value += (byte & 0x7f) * 128 ** index;
      if (byte < 0x80) return value;
    }
    throw new Error('a number is longer than 10 bytes');
  }

  #byte(): number | undefined {
    if (this.#position < this.#windowStart || this.#position >= this.#windowEnd) {
      this.#windowStart = this.#position;
      this.#windowEnd = this.#position + readSync(this.#descriptor, this.#window, 0, WINDOW_BYTES, this.#position);
      if (this.#windowEnd === this.#windowStart) return undefined;
    }
    return this.#window[this.#position++ - this.#windowStart];
  }
}
