import { invalidArgument } from '../../core/index.js';
import { GRPC_STATUS_CODES } from '../../protocols/index.js';
import type { Compression } from '../compression.js';
import { decompress } from '../compression.js';
import { GrpcRefusal } from './refusal.js';

const PREFIX_BYTES = 5;
/** What a prefix announces is believed as far as a part of it has come: memory follows the bytes, not the word. */
const BELIEVED_FACTOR = 64;
const NOTHING = new Uint8Array(0);

export interface MessageLimits {
  /** Largest message. */
  readonly maxBytes: number;
  /** Told of the size of a message before its bytes come; throws when there is no room for them. */
  readonly expect?: (bytes: number) => void;
  /** Counts bytes before they are kept; throws when there is no room for them. */
  readonly hold: (bytes: number) => void;
}

/**
 * Takes length-prefixed messages out of the pieces in which they arrive. A message that lies in one piece is a view of it;
 * the pieces of others are copied once.
 */
export class MessageReader {
  /** What the call's `grpc-encoding` says. */
  encoding: Compression | undefined;
  readonly #limits: MessageLimits;
  #input: Uint8Array = NOTHING;
  #at = 0;
  #prefix: Buffer | undefined;
  #prefixBytes = 0;
  /** Length of the message that is arriving; -1 = its prefix is not complete. */
  #wantedBytes = -1;
  #whole: Buffer | undefined;
  #receivedBytes = 0;
  #compressed = false;

  constructor(limits: MessageLimits) {
    this.#limits = limits;
  }

  /** Whether the message that {@link next} gave last is compressed. */
  get compressed(): boolean {
    return this.#compressed;
  }

  /** True between the first byte of a message and its last. */
  get midMessage(): boolean {
    return this.#wantedBytes >= 0 || this.#prefixBytes > 0;
  }

  /** How far the message that is arriving has come, for messages. */
  get progress(): string {
    if (this.#wantedBytes < 0) return `${this.#prefixBytes} of the ${PREFIX_BYTES} bytes of its prefix`;
    return `${this.#receivedBytes} of its ${this.#wantedBytes} bytes`;
  }

  /** The next piece; the one before must have been read to its end. */
  push(piece: Uint8Array): void {
    this.#input = piece;
    this.#at = 0;
  }

  /** The next complete message; undefined = more has to come. Throws when it is malformed or too large. */
  next(): Uint8Array | undefined {
    if (this.#wantedBytes < 0 && !this.#readPrefix()) return undefined;
    const input = this.#input;
    const wanted = this.#wantedBytes;
    const available = input.byteLength - this.#at;
    if (this.#receivedBytes === 0 && available >= wanted) {
      this.#limits.hold(wanted);
      const message = input.subarray(this.#at, this.#at + wanted);
      this.#at += wanted;
      return this.#finish(message);
    }
    this.#copy(Math.min(available, wanted - this.#receivedBytes));
    return this.#receivedBytes === wanted && this.#whole !== undefined ? this.#finish(this.#whole) : undefined;
  }

  /** Undoes the compression of a message, of which no more than `maxBytes` are unpacked. */
  async unpack(message: Uint8Array): Promise<Uint8Array> {
    const { maxBytes, hold } = this.#limits;
    if (this.encoding === undefined) {
      throw invalidArgument('the message is compressed, but metadata grpc-encoding does not say how');
    }
    return decompress(message, { compression: this.encoding, what: 'message', maxBytes, tooLarge, hold });
  }

  #finish(message: Uint8Array): Uint8Array {
    this.#wantedBytes = -1;
    this.#whole = undefined;
    this.#receivedBytes = 0;
    if (this.#at === this.#input.byteLength) this.push(NOTHING);
    return message;
  }

  #readPrefix(): boolean {
    const input = this.#input;
    const available = input.byteLength - this.#at;
    if (this.#prefixBytes === 0 && available >= PREFIX_BYTES) {
      this.#begin(input, this.#at);
      this.#at += PREFIX_BYTES;
      return true;
    }
    if (available === 0) return false;
    this.#prefix ??= Buffer.allocUnsafe(PREFIX_BYTES);
    const taken = Math.min(available, PREFIX_BYTES - this.#prefixBytes);
    this.#prefix.set(input.subarray(this.#at, this.#at + taken), this.#prefixBytes);
    this.#at += taken;
    this.#prefixBytes += taken;
    if (this.#prefixBytes < PREFIX_BYTES) return false;
    this.#prefixBytes = 0;
    this.#begin(this.#prefix, 0);
    return true;
  }

  #begin(bytes: Uint8Array, at: number): void {
    const [flag = 0, b0 = 0, b1 = 0, b2 = 0, b3 = 0] = bytes.subarray(at, at + PREFIX_BYTES);
    if (flag > 1) {
      throw invalidArgument(`message prefix: expected the flag 0 or 1, got ${flag}`);
    }
    const length = b0 * 0x1_00_00_00 + b1 * 0x1_00_00 + b2 * 0x1_00 + b3;
    const { maxBytes } = this.#limits;
    if (length > maxBytes) throw tooLarge(length, maxBytes);
    this.#limits.expect?.(length);
    this.#compressed = flag === 1;
    this.#wantedBytes = length;
  }

  #copy(bytes: number): void {
    const needed = this.#receivedBytes + bytes;
    if (this.#whole === undefined || needed > this.#whole.byteLength) this.#grow(needed);
    this.#whole?.set(this.#input.subarray(this.#at, this.#at + bytes), this.#receivedBytes);
    this.#at += bytes;
    this.#receivedBytes = needed;
  }

  #grow(needed: number): void {
    const sizeBytes = Math.min(this.#wantedBytes, BELIEVED_FACTOR * needed);
    const before = this.#whole;
    this.#limits.hold(sizeBytes - (before?.byteLength ?? 0));
    const larger = Buffer.allocUnsafeSlow(sizeBytes);
    if (before !== undefined) larger.set(before.subarray(0, this.#receivedBytes));
    this.#whole = larger;
  }
}

function tooLarge(got: number | string, maxBytes: number): GrpcRefusal {
  return new GrpcRefusal(
    GRPC_STATUS_CODES.RESOURCE_EXHAUSTED,
    `the message is too large: expected at most ${maxBytes} bytes, got ${got}`,
  );
}
