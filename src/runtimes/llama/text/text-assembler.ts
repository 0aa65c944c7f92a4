/** What has come together of an answer. */
export interface AssembledText {
  /** To be passed on now. */
  readonly text: string;
  /** The stop string that has come; nothing follows. */
  readonly stop: string | undefined;
}

/**
 * Makes text of the bytes of tokens. It holds back what is not a whole character yet, and what may be the beginning of a stop string;
 * a stop string itself is no part of the text.
 */
export class TextAssembler {
  readonly #stops: readonly string[];
  readonly #decoder = new TextDecoder('utf-8');
  #held = '';

  /** `stops`: none of them empty. */
  constructor(stops: readonly string[]) {
    this.#stops = stops;
  }

  push(bytes: Uint8Array): AssembledText {
    return this.#take(this.#decoder.decode(bytes, { stream: true }));
  }

  /** What is left when no more comes; half a character becomes U+FFFD. */
  end(): AssembledText {
    const { text, stop } = this.#take(this.#decoder.decode());
    if (stop !== undefined) return { text, stop };
    const held = this.#held;
    this.#held = '';
    return { text: text + held, stop: undefined };
  }

  #take(more: string): AssembledText {
    const text = this.#held + more;
    if (this.#stops.length === 0) return { text, stop: undefined };
    const first = findFirst(text, this.#stops);
    if (first !== undefined) {
      this.#held = '';
      return { text: text.slice(0, first.at), stop: first.stop };
    }
    const from = beginningOfStop(text, this.#stops);
    this.#held = text.slice(from);
    return { text: text.slice(0, from), stop: undefined };
  }
}

interface FoundStop {
  readonly at: number;
  readonly stop: string;
}

/** The stop string that is complete first, whatever comes behind it; of several the longest. */
function findFirst(text: string, stops: readonly string[]): FoundStop | undefined {
  let first: FoundStop | undefined;
  for (const stop of stops) {
    const at = text.indexOf(stop);
    if (at < 0) continue;
    const ahead = first === undefined ? 1 : first.at + first.stop.length - (at + stop.length);
    if (ahead > 0 || (ahead === 0 && stop.length > (first?.stop.length ?? 0))) first = { at, stop };
  }
  return first;
}

/** Where the longest end of `text` begins that a stop string begins with; its length where there is none. */
function beginningOfStop(text: string, stops: readonly string[]): number {
  const longest = Math.max(...stops.map((stop) => stop.length - 1));
  for (let at = Math.max(0, text.length - longest); at < text.length; at++) {
    const end = text.slice(at);
    if (stops.some((stop) => stop.startsWith(end))) return at;
  }
  return text.length;
}
