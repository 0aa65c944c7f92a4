/** The least whole number from which on it holds, looked for from `first` upwards; undefined where it does not hold up to `most`. */
export function leastCount(
  holds: (count: number) => boolean,
  { first, most }: { readonly first: number; readonly most: number },
): number | undefined {
  let high = first;
  while (!holds(high)) {
    high *= 2;
    if (high > most) return undefined;
  }
  let low = Math.floor(high / 2);
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (holds(middle)) high = middle;
    else low = middle;
  }
  return high;
}
