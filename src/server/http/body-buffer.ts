import { turns } from '../turns.js';

const NOTHING = new Uint8Array(0);
/** What the headers announce is believed as far as a part of it has come: memory follows the bytes, not the word. */
const BELIEVED_FACTOR = 32;
/** So much is copied into a larger buffer in one go; what is longer stays where it is and is joined at the end, turn by turn. */
const MAX_COPIED_BYTES = 4_194_304;

/** A body as it arrives: one chunk stays as it is, several are copied at once, so that no chunk is kept for long. */
export class BodyBuffer {
  readonly #declaredBytes: number | undefined;
  #claim: (() => Uint8Array | undefined) | undefined;
  /** Parts that are full, in front of the one that is filled. */
  readonly #full: Uint8Array[] = [];
  #part: Uint8Array = NOTHING;
  #partBytes = 0;
  #fullBytes = 0;

  /**
   * `declaredBytes` undefined = only the end will tell. Once there is more than a chunk, `claim` may give memory of so many bytes for
   * all of it.
   */
  constructor(declaredBytes: number | undefined, claim?: () => Uint8Array | undefined) {
    this.#declaredBytes = declaredBytes;
    this.#claim = claim;
  }

  add(chunk: Uint8Array): void {
    if (this.#partBytes === 0 && this.#fullBytes === 0) {
      this.#part = chunk;
      this.#partBytes = chunk.byteLength;
      return;
    }
    const room = this.#part.byteLength - this.#partBytes;
    if (chunk.byteLength > room) this.#makeRoom(chunk.byteLength);
    this.#part.set(chunk, this.#partBytes);
    this.#partBytes += chunk.byteLength;
  }

  /** All of it; a promise where it takes some turns of the loop to join. */
  take(): Uint8Array | Promise<Uint8Array> {
    const last = this.#part.subarray(0, this.#partBytes);
    return this.#full.length === 0 ? last : turns.join([...this.#full, last]);
  }

  #makeRoom(bytes: number): void {
    const before = this.#part.subarray(0, this.#partBytes);
    const length = this.#fullBytes + before.byteLength;
    const needed = length + bytes;
    const expected =
      this.#declaredBytes === undefined ? 2 * length : Math.min(this.#declaredBytes, BELIEVED_FACTOR * needed);
    const believed = Math.max(expected, needed);
    if (length <= MAX_COPIED_BYTES) {
      this.#part = this.#claim?.() ?? Buffer.allocUnsafeSlow(believed);
      this.#claim = undefined;
      this.#part.set(before);
      return;
    }
    this.#full.push(before);
    this.#fullBytes = length;
    this.#part = Buffer.allocUnsafeSlow(believed - length);
    this.#partBytes = 0;
  }
}
