const MAX_LENGTH = 128;

/** What is wrong with the name of a key, as a part of a sentence; undefined = nothing. */
export function keyNameProblem(name: string): string | undefined {
  if (name === 'anonymous') return "'anonymous' is the name of those who have no key";
  if (name.length > MAX_LENGTH) return `expected at most ${MAX_LENGTH} characters, got ${name.length}`;
  if (/^[^\s:\p{C}]+$/u.test(name)) return undefined;
  return `expected a name without ':', blanks and control characters, got '${name.slice(0, 80)}'`;
}
