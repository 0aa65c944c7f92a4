const FIRST_CAPACITY_BYTES = 4_096;
/** More is given back when the text is taken. */
const MAX_KEPT_BYTES = 1_048_576;
/** Of ASCII, what JSON writes as it is. */
const PLAIN = Uint8Array.from({ length: 128 }, (_, code) =>
  Number(code >= 0x20 && code < 0x7f && code !== 0x22 && code !== 0x5c),
);

/**
 * A text in UTF-8 that is put together of many pieces, in memory that is used again. As strings, thousands of pieces would be alive until they become
 * one text, and would be moved by each collection of garbage until then.
 */
export class TextBytes {
  #bytes = Buffer.allocUnsafeSlow(FIRST_CAPACITY_BYTES);
  #length = 0;

  /** In bytes. */
  get length(): number {
    return this.#length;
  }

  /** What is there, from a byte on: to be read before anything is added. */
  from(start: number): Uint8Array {
    return this.#bytes.subarray(start, this.#length);
  }

  add(piece: Uint8Array): void {
    this.#makeRoom(piece.length);
    this.#bytes.set(piece, this.#length);
    this.#length += piece.length;
  }

  addText(text: string): void {
    this.#makeRoom(Buffer.byteLength(text));
    this.#length += this.#bytes.write(text, this.#length);
  }

  /** Adds a text that stands as it is between the quotes of a string in JSON. Gives false for another one, which is not added. */
  addPlain(text: string): boolean {
    this.#makeRoom(text.length);
    const bytes = this.#bytes;
    const start = this.#length;
    for (let index = 0; index < text.length; index++) {
      const code = text.charCodeAt(index);
      if (PLAIN[code] !== 1) return false;
      bytes[start + index] = code;
    }
    this.#length += text.length;
    return true;
  }

  /** Keeps only the first bytes. */
  cut(length: number): void {
    this.#length = length;
    if (length === 0 && this.#bytes.length > MAX_KEPT_BYTES) this.#bytes = Buffer.allocUnsafeSlow(FIRST_CAPACITY_BYTES);
  }

  #makeRoom(sizeBytes: number): void {
    const needed = this.#length + sizeBytes;
    if (needed <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, 2 * this.#bytes.length));
    larger.set(this.from(0));
    this.#bytes = larger;
  }
}
