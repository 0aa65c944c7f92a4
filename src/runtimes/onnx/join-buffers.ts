/** Larger ones are allocated for each batch. */
const MAX_KEPT_BYTES = 8_388_608;

/** Memory in which the rows of a batch are joined, by input: the same for each batch, since one has ended when the next begins. */
export class JoinBuffers {
  readonly #kept: (Uint8Array | undefined)[] = [];

  /** Aligned for every datatype; what is in it is arbitrary. */
  take(input: number, sizeBytes: number): Uint8Array {
    const kept = this.#kept[input];
    if (kept !== undefined && kept.byteLength >= sizeBytes) return kept.subarray(0, sizeBytes);
    const fresh = Buffer.allocUnsafeSlow(sizeBytes);
    if (sizeBytes <= MAX_KEPT_BYTES) this.#kept[input] = fresh;
    return fresh;
  }
}
