import koffi from 'koffi';

/** Bytes of a `llama_token_data_array`, with what is behind it up to the next multiple of 16, and of a `llama_token_data`. */
const ARRAY_BYTES = 32;
const CANDIDATE_BYTES = 12;
/** 32-bit words of a candidate: its token, its logit, its probability. */
const WORDS = CANDIDATE_BYTES / 4;
const LOGIT_AT = 1;
const PROBABILITY_AT = 2;
/** 64-bit words of the array: where its candidates are, how many, the place of the one that was selected, whether they are sorted. */
const SELECTED_AT = 2;

/** Tokens that llama.cpp's samplers choose from: a `llama_token_data_array` in native memory, and what it points to behind it. */
export class Candidates {
  /** Of the array. */
  readonly pointer: bigint;
  readonly size: number;
  readonly #head: BigInt64Array;
  readonly #ids: Int32Array;
  readonly #values: Float32Array;

  /** Room for so many. */
  constructor(size: number) {
    const sizeBytes = ARRAY_BYTES + size * CANDIDATE_BYTES;
    this.size = size;
    this.pointer = koffi.alloc('uint8', sizeBytes) as bigint;
    const memory: ArrayBuffer = koffi.view(this.pointer, sizeBytes);
    this.#head = new BigInt64Array(memory, 0, ARRAY_BYTES / 8);
    this.#ids = new Int32Array(memory, ARRAY_BYTES);
    this.#values = new Float32Array(memory, ARRAY_BYTES);
  }

  /** One token. */
  setOne(token: number): void {
    this.showPart(0, 1);
    this.#set(0, token, 1);
  }

  /** All tokens with their logits. */
  setAll(logits: Float32Array): void {
    this.showPart(0, this.size);
    for (let token = 0; token < this.size; token++) this.#set(token, token, logits[token] as number);
  }

  /** Samplers see those from a place on, so many at most. Returns the place behind the last of them. */
  showPart(from: number, most: number): number {
    const end = Math.min(this.size, from + most);
    this.#head.set([this.pointer + BigInt(ARRAY_BYTES + from * CANDIDATE_BYTES), BigInt(end - from), -1n, 0n]);
    return end;
  }

  /** Whether any is left of the first so many: samplers take tokens out by their logits. */
  hasAny(count = this.size): boolean {
    const end = count * WORDS;
    for (let at = LOGIT_AT; at < end; at += WORDS) if (this.#values[at] !== Number.NEGATIVE_INFINITY) return true;
    return false;
  }

  /** The token that was selected of all. */
  get selected(): number {
    return this.#ids[Number(this.#head[SELECTED_AT]) * WORDS] as number;
  }

  free(): void {
    koffi.free(this.pointer);
  }

  #set(at: number, token: number, logit: number): void {
    this.#ids[at * WORDS] = token;
    this.#values[at * WORDS + LOGIT_AT] = logit;
    this.#values[at * WORDS + PROBABILITY_AT] = 0;
  }
}
