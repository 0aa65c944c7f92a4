import { cutAtFirst } from '../text/find-stop.js';
import type { AnswerMarks } from './formats/format.js';

/** Most whitespace before a mark. */
const MAX_SPACE = 256;

/** Removes the marks around an answer: its opening mark, and then the matching closing mark. */
export class MarkStripper {
  readonly #marks: readonly AnswerMarks[];
  #state: 'before' | 'inside' | 'behind' = 'before';
  #close = '';
  #held = '';

  constructor(marks: readonly AnswerMarks[]) {
    this.#marks = marks;
  }

  push(text: string): string {
    this.#held += text;
    if (this.#state === 'before') this.#begin();
    if (this.#state === 'inside') return this.#untilClose();
    return this.#state === 'behind' ? this.end() : '';
  }

  /** What is left when no more comes. */
  end(): string {
    const held = this.#held;
    this.#held = '';
    return held;
  }

  #begin(): void {
    const text = this.#held.trimStart();
    const found = this.#marks.find(({ open }) => text.startsWith(open));
    if (found === undefined) {
      // An answer that is all whitespace is not looked at again and again.
      const isLate = this.#held.length - text.length > MAX_SPACE;
      if (isLate || !this.#marks.some(({ open }) => open.startsWith(text))) this.#state = 'behind';
      return;
    }
    this.#close = found.close;
    this.#held = text.slice(found.open.length);
    this.#state = found.close === '' ? 'behind' : 'inside';
  }

  #untilClose(): string {
    const { before, stop, rest } = cutAtFirst(this.#held, [this.#close]);
    this.#held = rest;
    if (stop === undefined) return before;
    this.#state = 'behind';
    this.#held = '';
    return before + rest.slice(stop.length);
  }
}
