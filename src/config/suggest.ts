import { closest, distance } from 'fastest-levenshtein';

/** `; did you mean X?` when one of the known names is close enough to be meant, else ''. */
export function didYouMean(name: string, known: readonly string[]): string {
  if (known.length === 0) return '';
  const candidate = closest(name, [...known]);
  const tolerated = Math.max(2, Math.floor(candidate.length / 3));
  return distance(name, candidate) <= tolerated ? `; did you mean ${candidate}?` : '';
}
