import { ANONYMOUS_OWNER, type MillraceError, type SharedMemoryRange } from '../../src/core/index.js';
import { type RegionCaller, SharedMemory } from '../../src/shared-memory/index.js';
import { createSharedObject, type SharedObject } from './shared-object.js';

const objects: SharedObject[] = [];
const memories: SharedMemory[] = [];

/** For `afterEach`: what the test has made. */
export function closeMemories(): void {
  for (const memory of memories.splice(0)) memory.close();
  for (const object of objects.splice(0)) object[Symbol.dispose]();
}

/** Shared memory that is on; options as given. */
export function createMemory(options: Partial<ConstructorParameters<typeof SharedMemory>[0]> = {}, folder?: string) {
  const memory = new SharedMemory({ enabled: true, maxRegions: 8, maxBufferedBytes: 1 << 24, ...options }, folder);
  memories.push(memory);
  return memory;
}

/** An object with that content, or zeros. */
export function createObject(content: Uint8Array | number): SharedObject {
  const object = createSharedObject(content);
  objects.push(object);
  return object;
}

/** Callers without a credential, who are the only owner where nobody has one. */
export const ANYBODY: RegionCaller = { ownerId: ANONYMOUS_OWNER, name: 'anonymous', managesAll: false };

/** A region of 64 bytes at the beginning of the object. */
export const region = (name: string, { key }: { readonly key: string }, sizeBytes = 64, offset = 0) => ({
  name,
  key,
  offset,
  sizeBytes,
});
/** That part of a region as input `x`. */
export const use = (name: string, sizeBytes: number, offset = 0, label = "input 'x'") => ({
  label,
  range: { region: name, offset, sizeBytes } satisfies SharedMemoryRange,
});
/** 0, 1, 2 … */
export const counting = (length: number) => Uint8Array.from({ length }, (_, index) => index);

/** `code: message` of what it throws. */
export function refusal(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    const { code, message } = error as MillraceError;
    return `${code}: ${message}`;
  }
  return 'accepted';
}

/** As {@link refusal}, of a promise. */
export async function rejection(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'accepted',
    ({ code, message }: MillraceError) => `${code}: ${message}`,
  );
}
