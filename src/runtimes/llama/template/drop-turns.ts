import type { Conversation, Message } from '../../../generation/index.js';

/**
 * A conversation and what may be left of it: all, then one turn less each time. A turn begins with what a user says: templates want that
 * first, and results of calls stay with the calls. Instructions stay.
 */
export class Turns {
  readonly #conversation: Conversation;
  readonly #messages: readonly Message[];
  readonly #instructions: readonly Message[];
  /** Where what is left begins, behind the instructions. */
  readonly #starts: readonly number[];

  constructor(conversation: Conversation) {
    this.#conversation = conversation;
    this.#messages = conversation.messages;
    const first = Math.max(
      0,
      this.#messages.findIndex(({ role }) => role !== 'system'),
    );
    this.#instructions = this.#messages.slice(0, first);
    const later = this.#messages.flatMap(({ role }, index) => (role === 'user' && index > first ? [index] : []));
    this.#starts = [first, ...later];
  }

  /** Ways to leave out turns, none of them among those. */
  get count(): number {
    return this.#starts.length;
  }

  /** Messages that are left where so many turns are left out. */
  lengthWithout(dropped: number): number {
    return this.#instructions.length + this.#messages.length - this.#startOf(dropped);
  }

  /** Those messages. */
  messagesWithout(dropped: number): readonly Message[] {
    return dropped === 0 ? this.#messages : [...this.#instructions, ...this.#messages.slice(this.#startOf(dropped))];
  }

  /** The conversation without its oldest turns. */
  without(dropped: number): Conversation {
    return dropped === 0 ? this.#conversation : { ...this.#conversation, messages: this.messagesWithout(dropped) };
  }

  /**
   * About how few turns have to be left out so that the rest has at most `room` tokens, by `count`, which is asked from the newest message back
   * until there is no more room.
   */
  guess(room: number, count: (message: Message, left: number) => number): number {
    let left = room;
    for (const message of this.#instructions) left -= count(message, left);
    let end = this.#messages.length;
    for (let dropped = this.count - 1; dropped >= 0; dropped--) {
      const start = this.#startOf(dropped);
      for (let at = end - 1; at >= start && left >= 0; at--) left -= count(this.#messages[at] as Message, left);
      if (left < 0) return Math.min(dropped + 1, this.count - 1);
      end = start;
    }
    return 0;
  }

  #startOf(dropped: number): number {
    return this.#starts[dropped] as number;
  }
}

/**
 * What `make` makes of the first of so many candidates that fits (undefined = it does not), each being shorter than the one before; undefined where
 * none does. Few attempts are made where `guess` is about right.
 */
export function firstThatFits<Made>(
  count: number,
  guess: number,
  make: (candidate: number) => Made | undefined,
): Made | undefined {
  let best: Made | undefined;
  /** The last that is known not to fit, and the first that is known to. */
  let tooLong = -1;
  let fits = count;
  let step = 1;
  let at = Math.min(guess, count - 1);
  while (tooLong + 1 < fits) {
    const made = make(at);
    if (made === undefined) tooLong = at;
    else {
      fits = at;
      best = made;
    }
    // From the guess on in growing steps, until it is known between which two it is.
    if (fits === count) at = Math.min(count - 1, tooLong + step);
    else if (tooLong === -1) at = Math.max(0, fits - step);
    else at = (tooLong + fits) >> 1;
    step *= 2;
  }
  return best;
}
