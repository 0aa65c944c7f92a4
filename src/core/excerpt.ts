/** Of what stands in quotes but names. */
export const MAX_EXCERPT_LENGTH = 64;
/** Names of files, models among them, are not longer. */
const MAX_NAME_LENGTH = 255;

/** `text`, cut so that a message stays readable. */
export function excerpt(text: string, maxLength = MAX_EXCERPT_LENGTH): string {
  return text.length <= maxLength ? text : `${text.slice(0, maxLength)}…`;
}

/** A name that a caller sent, in quotes: cut where it is longer than names can be. */
export function quoted(name: string): string {
  return `'${excerpt(name, MAX_NAME_LENGTH)}'`;
}
