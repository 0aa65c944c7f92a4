/**
 * Memory for large bodies that runners read where it lies. It is used again as soon as nobody holds it: the request that it came with
 * holds it from `claim` until it has settled, and whoever passes its tensors on for longer than that holds them.
 */
export interface BodyMemory {
  /**
   * Room for a body of so many bytes, held once, whose byte `dataAt` lies aligned for every datatype; undefined = there is none, or the
   * body is not of a size for it. What is in it is arbitrary.
   */
  claim(sizeBytes: number, dataAt: number): Uint8Array | undefined;
  /** Holds what `data` is part of once more; false when nobody holds it any more. Data that lies elsewhere needs no holding. */
  hold(data: Uint8Array): boolean;
  /** Gives up one holding. */
  release(data: Uint8Array): void;
}

interface Held {
  readonly data: Uint8Array;
}

/** Holds all of the tensors' data; false when nobody holds one of them any more: none is held then. Without memory, nothing needs holding. */
export function holdAll(memory: BodyMemory | undefined, tensors: readonly Held[]): boolean {
  if (memory === undefined) return true;
  for (const [index, { data }] of tensors.entries()) {
    if (memory.hold(data)) continue;
    releaseAll(memory, tensors.slice(0, index));
    return false;
  }
  return true;
}

/** Gives up one holding of each of the tensors' data. */
export function releaseAll(memory: BodyMemory | undefined, tensors: readonly Held[]): void {
  if (memory !== undefined) for (const { data } of tensors) memory.release(data);
}
