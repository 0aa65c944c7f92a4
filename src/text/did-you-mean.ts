import { closest, distance } from 'fastest-levenshtein';

/** The known name that was probably meant: near enough (case aside), or ending like it; undefined when there is none. */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  const wanted = name.toLowerCase();
  if (known.length === 0 || wanted.length < 2) return undefined;
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
