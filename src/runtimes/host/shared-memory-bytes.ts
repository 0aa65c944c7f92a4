import { ARENA_BYTES } from './body-arena.js';
import { SEGMENT_BYTES } from './frame-segment.js';

/** Bytes of shared memory that a server with so many runners uses at most; where there are fewer, large requests go through pipes. */
export function mostSharedMemoryBytes(runners: number): number {
  return ARENA_BYTES + runners * SEGMENT_BYTES;
}
