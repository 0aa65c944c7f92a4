/**
 * The same JSON, where schemas list words as `enum` and not as alternatives of one `const` each: what TypeBox makes of a union, and what
 * programs that make clients take for different types.
 */
export function withPlainEnums(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withPlainEnums);
  if (typeof value !== 'object' || value === null) return value;
  const members: Readonly<Record<string, unknown>> = Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name, withPlainEnums(member)]),
  );
  const { anyOf, ...others } = members;
  const words = wordsOf(anyOf);
  return words === undefined ? members : { ...others, type: 'string', enum: words };
}

function wordsOf(alternatives: unknown): readonly string[] | undefined {
  if (!Array.isArray(alternatives) || alternatives.length === 0) return undefined;
  const words = alternatives.map((each: { readonly const?: unknown } | null) => each?.const);
  return words.every((word) => typeof word === 'string') ? words : undefined;
}
