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

interface Cut {
  /** The text before the stop string, or before the end that may be the beginning of one. */
  readonly before: string;
  /** undefined = no stop string is complete. */
  readonly stop: string | undefined;
  /** From the stop string on. */
  readonly rest: string;
}

/** Cuts a text before the first of some stop strings. */
export function cutAtFirst(text: string, stops: readonly string[]): Cut {
  const found = findFirst(text, stops);
  const at = found?.at ?? beginningOf(text, stops);
  return { before: text.slice(0, at), stop: found?.stop, rest: text.slice(at) };
}
