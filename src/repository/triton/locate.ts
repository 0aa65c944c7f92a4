/** Comments and white space go unmatched; a string that is not closed on its line counts with its line's end. */
const TOKEN = /#[^\n]*|"(?:\\[^\n]|[^"\\\n])*"|'(?:\\[^\n]|[^'\\\n])*'|["'][^\n]*\n?|[\w.+-]+|[^\s]/g;

/**
 * Finds the token at which parsing `text` fails with `message`. A parser that reads from left to right fails in the same
 * way on every beginning of the text that holds the guilty token and on none that does not, so bisecting finds it.
 * Returns `line:column`, counted from 1; the end of the text when the parser missed something there.
 */
export function locateFailure(text: string, message: string, failureOf: (text: string) => string | undefined): string {
  if (message.includes('end of input')) return positionOf(text, text.trimEnd().length);
  // Every field name lacks its colon when the text ends there: give it one, so that only the guilty one still fails.
  const ending = message.startsWith('expected ":"') ? ' :' : '';
  const tokens = tokensOf(text);
  let low = 0;
  let high = tokens.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    const token = tokens[middle];
    const beginning = text.slice(0, (token?.index ?? 0) + (token?.[0].length ?? 0));
    if (failureOf(beginning + ending) === message) high = middle;
    else low = middle + 1;
  }
  return positionOf(text, tokens[low]?.index ?? 0);
}

/** The words, strings and signs of text in protobuf's text format, without comments. */
export function tokensOf(text: string): readonly RegExpExecArray[] {
  return [...text.matchAll(TOKEN)].filter(([token]) => !token.startsWith('#'));
}

/** `line:column` of an offset, counted from 1. */
export function positionOf(text: string, offset: number): string {
  const before = text.slice(0, offset).split('\n');
  return `${before.length}:${(before.at(-1)?.length ?? 0) + 1}`;
}
