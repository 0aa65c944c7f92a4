const MAX_SHOWN = 40;

/** A value as errors quote it. */
export function describeValue(value: unknown): string {
  if (typeof value === 'string') return `'${value.slice(0, MAX_SHOWN)}${value.length > MAX_SHOWN ? '…' : ''}'`;
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  if (typeof value === 'object' && value !== null) return 'an object';
  return String(value);
}

export function missing(column: string): string {
  return `column '${column}' has no value`;
}
