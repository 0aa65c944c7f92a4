const INVISIBLE = /[\p{Cc}\p{Cf}\u2028\u2029]/gu;

/** A text of somebody else, for a terminal: what moves its cursor, breaks a line or turns the text around is written as `\u001b`. */
export function escapeInvisible(text: string): string {
  return text.replace(INVISIBLE, (character) =>
    [...Array(character.length).keys()]
      .map((index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`)
      .join(''),
  );
}
