/** A character as it is written in a string of JSON. */
export function inJsonString(character: string): string {
  if (character === '"' || character === '\\') return `\\${character}`;
  return character < ' ' ? JSON.stringify(character).slice(1, -1) : character;
}

/** A text as it is written in a string of JSON, without its quotation marks. */
export function textInJsonString(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

/** The value of JSON; undefined = the text is not JSON. */
export function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
