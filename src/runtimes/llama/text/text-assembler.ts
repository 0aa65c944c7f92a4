import { cutAtFirst } from './find-stop.js';

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

  /** What may be the beginning of a stop string. */
  get held(): string {
    return this.#held;
  }

  /** `passesStops`: no stop string ends the text with these bytes, or begins before they end. */
  push(bytes: Uint8Array, passesStops = false): AssembledText {
    const more = this.#decoder.decode(bytes, { stream: true });
    return passesStops ? { text: more, stop: undefined } : this.#take(more);
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
    const { before, stop, rest } = cutAtFirst(text, this.#stops);
    this.#held = stop === undefined ? rest : '';
    return { text: before, stop };
  }
}
