import { beginningOf } from '../text/find-stop.js';
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
    const at = this.#held.indexOf(this.#close);
    const end = at < 0 ? beginningOf(this.#held, [this.#close]) : at;
    const text = this.#held.slice(0, end);
    if (at < 0) {
      this.#held = this.#held.slice(end);
      return text;
    }
    this.#state = 'behind';
    const rest = this.#held.slice(at + this.#close.length);
    this.#held = '';
    return text + rest;
  }
}
