/** Whether a name is one of the patterns, in which `*` stands for any text. */
export function matcherOf(patterns: readonly string[]): (name: string) => boolean {
  if (patterns.includes('*')) return () => true;
  const source = patterns.map((pattern) => pattern.split('*').map(escapeText).join('.*')).join('|');
  const expression = new RegExp(`^(?:${source})$`, 's');
  return (name) => expression.test(name);
}

function escapeText(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}
