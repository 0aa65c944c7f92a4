import { isUtf8 } from 'node:buffer';
import { open } from 'node:fs/promises';

/** A line of a file, without its end. */
export interface FileLine {
  /** '' where it is no UTF-8, or longer than a line may be. */
  readonly text: string;
  /** From 1. */
  readonly number: number;
  /** Its first byte. */
  readonly offset: number;
  /** Its end is there: it was not cut while it was written. */
  readonly isComplete: boolean;
}

/** An entry is far smaller. */
export const MAX_LINE_BYTES = 4_194_304;
const CHUNK_BYTES = 262_144;
const NEWLINE = 0x0a;
const NOTHING = Buffer.alloc(0);

/** The lines of a file, in groups of what is read at once. Rejects as `open` does. */
export async function* readLines(file: string): AsyncGenerator<readonly FileLine[]> {
  const handle = await open(file, 'r');
  try {
    const splitter = new LineSplitter();
    for (;;) {
      const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(CHUNK_BYTES), 0, CHUNK_BYTES);
      if (bytesRead === 0) break;
      yield splitter.add(buffer.subarray(0, bytesRead));
    }
    const rest = splitter.end();
    if (rest !== undefined) yield [rest];
  } finally {
    await handle.close();
  }
}

class LineSplitter {
  #rest: Buffer = NOTHING;
  #offset = 0;
  #number = 0;
  /** Bytes that a line has beyond what is kept of it. */
  #skipped = 0;

  add(chunk: Buffer): readonly FileLine[] {
    const lines: FileLine[] = [];
    let bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE)) {
      lines.push(this.#line(bytes.subarray(0, end), true));
      this.#offset += end + 1 + this.#skipped;
      this.#skipped = 0;
      bytes = bytes.subarray(end + 1);
    }
    if (bytes.length > MAX_LINE_BYTES) {
      this.#skipped += bytes.length;
      bytes = NOTHING;
    }
    this.#rest = Buffer.from(bytes);
    return lines;
  }

  end(): FileLine | undefined {
    return this.#rest.length + this.#skipped === 0 ? undefined : this.#line(this.#rest, false);
  }

  #line(bytes: Buffer, isComplete: boolean): FileLine {
    this.#number++;
    const isReadable = this.#skipped === 0 && isUtf8(bytes);
    return { text: isReadable ? bytes.toString() : '', number: this.#number, offset: this.#offset, isComplete };
  }
}
