/** "12,345". */
export function formatCount(count: number): string {
  return count.toLocaleString('en-US');
}

/** "a, b and c". */
export function formatList(items: readonly string[]): string {
  const last = items.at(-1) ?? '';
  return items.length < 2 ? last : `${items.slice(0, -1).join(', ')} and ${last}`;
}
