const LONE_SURROGATES = /\p{Surrogate}/gu;

/**
 * What JSON can hold in the one form that RFC 8785 (JCS) gives it: no spaces, names in the order of their UTF-16 units, numbers and texts as
 * ECMAScript writes them. Members that are undefined are left out. Half a surrogate pair, which it has no form for, becomes U+FFFD; what
 * JSON cannot hold becomes null.
 */
export function canonicalJson(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.replace(LONE_SURROGATES, '\ufffd'));
  if (typeof value !== 'object' || value === null) return scalar(value);
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  members.sort(([left], [right]) => (left < right ? -1 : 1));
  return `{${members.map(([name, member]) => `${canonicalJson(name)}:${canonicalJson(member)}`).join(',')}}`;
}

function scalar(value: unknown): string {
  return typeof value === 'number' || typeof value === 'boolean' ? JSON.stringify(value) : 'null';
}
