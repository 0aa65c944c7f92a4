/** Of the memory, what one principal may hold. */
const SHARE = 1 / 2;

/**
 * What each principal holds of a memory that all use: half of it at most, so that the bytes of one leave room for those of others. A
 * principal without bytes costs nothing.
 */
export class PrincipalShares {
  /** Of each principal. */
  readonly maxBytes: number;
  readonly #bytesOf = new Map<string, number>();

  constructor(memoryBytes: number) {
    this.maxBytes = Math.floor(memoryBytes * SHARE);
  }

  /** How many principals hold bytes. */
  get principals(): number {
    return this.#bytesOf.size;
  }

  /** Of all principals. */
  get sizeBytes(): number {
    let sum = 0;
    for (const bytes of this.#bytesOf.values()) sum += bytes;
    return sum;
  }

  /** Takes the bytes if they fit; false = nothing was taken. */
  take(principal: string, bytes: number): boolean {
    const held = (this.#bytesOf.get(principal) ?? 0) + bytes;
    if (held > this.maxBytes) return false;
    if (held > 0) this.#bytesOf.set(principal, held);
    return true;
  }

  release(principal: string, bytes: number): void {
    const left = (this.#bytesOf.get(principal) ?? 0) - bytes;
    if (left > 0) this.#bytesOf.set(principal, left);
    else this.#bytesOf.delete(principal);
  }
}
