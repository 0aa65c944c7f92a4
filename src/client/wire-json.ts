const OUTSIDE_STRINGS = /"(?:[^"\\]|\\.)*"|(?<![\d.eE+-])-?\d{16,}(?![\d.eE])|-?\b(?:NaN|Infinity)\b/g;

/**
 * Parses JSON as inference servers write it: NaN, ±Infinity and integers of 16 digits and more come out as strings of
 * their own text, for the datatype to decide what they are (`Number` and `BigInt` both read them).
 */
export function parseWireJson(text: string): unknown {
  return JSON.parse(text.replace(OUTSIDE_STRINGS, (token) => (token.startsWith('"') ? token : `"${token}"`)));
}

/** Writes plain data as JSON; bigint as a number, NaN and ±Infinity as the bare words that inference servers read. */
export function formatWireJson(value: unknown): string {
  if (Object.is(value, -0)) return '-0.0';
  if (typeof value === 'bigint' || typeof value === 'number') return String(value);
  if (Array.isArray(value)) return `[${value.map(formatWireJson).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value).filter(([, member]) => member !== undefined);
    return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${formatWireJson(member)}`).join(',')}}`;
  }
  return JSON.stringify(value ?? null);
}
