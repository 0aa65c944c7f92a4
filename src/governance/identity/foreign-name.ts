const MAX_LENGTH = 512;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/;

/**
 * What is wrong with the name of a caller or group that somebody else has given, as the end of a sentence; undefined = nothing. It ends up in
 * logs and headers. OpenID Connect allows 255 bytes for `sub`.
 */
export function foreignNameProblem(name: string): string | undefined {
  if (name.length > MAX_LENGTH) return `a text of more than ${MAX_LENGTH} characters`;
  return UNPRINTABLE.test(name) ? 'a text with control characters' : undefined;
}
