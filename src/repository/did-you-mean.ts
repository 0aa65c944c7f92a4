import { closest, distance } from 'fastest-levenshtein';

/** `; did you mean 'x'?` when one of the known names is near enough (case aside) or ends like it, else ''. */
export function didYouMean(name: string, known: readonly string[]): string {
  const wanted = name.toLowerCase();
  if (known.length === 0 || wanted.length < 2) return '';
  const folded = new Map(known.map((candidate) => [candidate.toLowerCase(), candidate]));
  const longer = [...folded.keys()].find((candidate) => candidate.endsWith(`_${wanted}`));
  const nearest = longer ?? closest(wanted, [...folded.keys()]);
  const tolerated = Math.min(wanted.length - 1, Math.max(2, Math.floor(nearest.length / 3)));
  const isNear = longer !== undefined || distance(wanted, nearest) <= tolerated;
  return isNear ? `; did you mean '${folded.get(nearest)}'?` : '';
}
