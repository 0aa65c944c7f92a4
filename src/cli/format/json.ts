/**
 * JSON that every program reads: NaN and ±Infinity as text, integers beyond 2^53 as text, typed arrays as lists.
 * One line, ends with a line break.
 */
export function formatJson(value: unknown): string {
  return `${JSON.stringify(value, replacer)}\n`;
}

function replacer(_: string, value: unknown): unknown {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value);
  // The views of JSON tensors hold numbers, or bigints that come back here one by one.
  return ArrayBuffer.isView(value) ? Array.from(value as Uint8Array) : value;
}
