export interface FoundStop {
  readonly at: number;
  readonly stop: string;
}

/** The stop string that is complete first, whatever comes behind it; of several the longest. */
export function findFirst(text: string, stops: readonly string[]): FoundStop | undefined {
  let first: FoundStop | undefined;
  for (const stop of stops) {
    const at = text.indexOf(stop);
    if (at < 0) continue;
    const ahead = first === undefined ? 1 : first.at + first.stop.length - (at + stop.length);
    if (ahead > 0 || (ahead === 0 && stop.length > (first?.stop.length ?? 0))) first = { at, stop };
  }
  return first;
}

/** Where the longest end of `text` begins that one of `stops` begins with; its length where there is none. */
export function beginningOf(text: string, stops: readonly string[]): number {
  const longest = Math.max(...stops.map((stop) => stop.length - 1));
  for (let at = Math.max(0, text.length - longest); at < text.length; at++) {
    const end = text.slice(at);
    if (stops.some((stop) => stop.startsWith(end))) return at;
  }
  return text.length;
}
