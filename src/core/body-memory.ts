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
