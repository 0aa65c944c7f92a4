/** What C++, Python, V8 and the system say when there is no more memory. */
const OUT_OF_MEMORY = /out of memory|bad[_ ]?alloc|failed to allocate|cannot allocate memory|ENOMEM/i;

/** Whether somebody else's text says so: of a native library, or of what a script imports. Our own errors say it by their reason. */
export function saysOutOfMemory(text: string): boolean {
  return OUT_OF_MEMORY.test(text);
}

/** The reason of an error whose foreign text is this; undefined where it is not one of memory. */
export function memoryReason(text: string): 'out_of_memory' | undefined {
  return saysOutOfMemory(text) ? 'out_of_memory' : undefined;
}
