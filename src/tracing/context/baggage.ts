import type { CallMetadata } from '../../core/index.js';

/** Of all keys and values that are kept. */
const MAX_KEPT_LENGTH = 1_024;
/** Longer headers are not read (W3C Baggage §3.3.2). */
const MAX_HEADER_LENGTH = 8_192;
const PRINTABLE = /^\P{Cc}*$/u;

/** The allowed members of `baggage` (W3C Baggage), up to 1,024 characters in all: by key, decoded, without properties. */
export function parseBaggage(
  header: CallMetadata[string],
  allowed: ReadonlySet<string>,
): Readonly<Record<string, string>> {
  const text = typeof header === 'string' ? header : (header?.join(',') ?? '');
  const kept: Record<string, string> = {};
  if (allowed.size === 0 || text === '' || text.length > MAX_HEADER_LENGTH) return kept;
  let length = 0;
  for (const member of text.split(',')) {
    const [pair = ''] = member.split(';');
    const at = pair.indexOf('=');
    const key = pair.slice(0, at).trim();
    if (at < 0 || !allowed.has(key) || Object.hasOwn(kept, key)) continue;
    const value = decoded(pair.slice(at + 1).trim());
    if (value === undefined || length + key.length + value.length > MAX_KEPT_LENGTH) continue;
    length += key.length + value.length;
    kept[key] = value;
  }
  return kept;
}

function decoded(text: string): string | undefined {
  try {
    const value = decodeURIComponent(text);
    return PRINTABLE.test(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
