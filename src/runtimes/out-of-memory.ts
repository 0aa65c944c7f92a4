/** What C++, Python, V8 and the system say when there is no more memory. */
const OUT_OF_MEMORY = /out of memory|bad[_ ]?alloc|failed to allocate|cannot allocate memory|ENOMEM/i;

/** Whether the text of a native library, of a script's dependency or of the system reports it. Our own errors have a reason instead. */
export function saysOutOfMemory(text: string): boolean {
  return OUT_OF_MEMORY.test(text);
}

/** The reason of an error whose foreign text is this; undefined where it is not one of memory. */
export function memoryReason(text: string): 'out_of_memory' | undefined {
  return saysOutOfMemory(text) ? 'out_of_memory' : undefined;
}
