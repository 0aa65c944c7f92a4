import { setFlagsFromString } from 'node:v8';

/** How far the heap may grow between two full collections, in percent of what the last one left. */
const GROWTH_PERCENT = 200;

/**
 * Lets V8's heap of this process grow further before all of it is collected. V8 counts buffers, and so the bodies of requests, into
 * a heap that is small here (some 20 MB): its own allowance of 24 MB is used up by 40 bodies of 600 KB, so that the whole heap
 * would be collected several times a second for as long as such requests come.
 */
export function allowHeapGrowth(): void {
  setFlagsFromString(`--heap-growing-percent=${GROWTH_PERCENT}`);
}
