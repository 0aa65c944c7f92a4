/** Names in which `*` stands for any text, letter for letter and as a whole. */
export interface NamePatterns {
  /** Everything matches. */
  readonly isEverything: boolean;
  matches(name: string): boolean;
}

const EVERYTHING: NamePatterns = { isEverything: true, matches: () => true };

/** Texts without `*` are looked up; the rest are tried one after the other. */
export function parsePatterns(patterns: readonly string[]): NamePatterns {
  if (patterns.includes('*')) return EVERYTHING;
  const exact = new Set(patterns.filter((pattern) => !pattern.includes('*')));
  const wild = patterns.filter((pattern) => pattern.includes('*'));
  if (wild.length === 0) return { isEverything: false, matches: (name) => exact.has(name) };
  const expressions = wild.map(parseWild);
  return { isEverything: false, matches: (name) => exact.has(name) || expressions.some((matches) => matches(name)) };
}

/** Runs through the name once, whatever the pattern: a regular expression with several `.*` may take its square and more. */
function parseWild(pattern: string): (name: string) => boolean {
  const parts = pattern.split('*');
  const head = parts[0] ?? '';
  const tail = parts.at(-1) ?? '';
  const middle = parts.slice(1, -1).filter((part) => part !== '');
  return (name) => {
    if (name.length < head.length + tail.length || !name.startsWith(head) || !name.endsWith(tail)) return false;
    const end = name.length - tail.length;
    let from = head.length;
    for (const part of middle) {
      const at = name.indexOf(part, from);
      if (at < 0 || at + part.length > end) return false;
      from = at + part.length;
    }
    return true;
  };
}
