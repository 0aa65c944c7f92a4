import { closest, distance } from 'fastest-levenshtein';

/** Longer than any name; comparing takes time in proportion. */
const MAX_LENGTH = 255;
/** Names of so many characters are misspelt with one edit, or with two. */
const ONE_EDIT_FROM = 5;
const TWO_EDITS_FROM = 8;

/** The known name that was probably meant: near enough (case aside), or ending like it; undefined when there is none. */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  if (known.length === 0 || name.length < 2 || name.length > MAX_LENGTH) return undefined;
  const wanted = name.toLowerCase();
  const folded = new Map(known.map((candidate) => [candidate.toLowerCase(), candidate]));
  const longer = [...folded.keys()].find((candidate) => candidate.endsWith(`_${wanted}`));
  const nearest = longer ?? closest(wanted, [...folded.keys()]);
  const tolerated = Math.min(wanted.length - 1, Math.max(2, Math.floor(nearest.length / 3)));
  const isNear = longer !== undefined || distance(wanted, nearest) <= tolerated;
  return isNear ? folded.get(nearest) : undefined;
}

/** `; did you mean X?` for the {@link nearestName}, else ''. `mark` stands around the name, where the message quotes names. */
export function didYouMean(name: string, known: readonly string[], mark: "'" | '' = ''): string {
  const nearest = nearestName(name, known);
  return nearest === undefined ? '' : `; did you mean ${mark}${nearest}${mark}?`;
}

/** Whether a name that is not known differs from a known one by so little that it must have been meant. */
export function isMisspelt(name: string, known: readonly string[]): boolean {
  if (name.length < ONE_EDIT_FROM || name.length > MAX_LENGTH) return false;
  const edits = name.length < TWO_EDITS_FROM ? 1 : 2;
  return known.some((each) => Math.abs(each.length - name.length) <= edits && distance(name, each) <= edits);
}
