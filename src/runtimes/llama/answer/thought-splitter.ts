import { beginningOf } from '../text/find-stop.js';
import type { ReasoningFormat } from './answer-format.js';

/** A piece of an answer: what the model thinks, and what is meant for others. */
export interface SplitText {
  readonly thought: string;
  readonly rest: string;
}

/** Separates what a model thinks before its answer, without the whitespace around it. */
export class ThoughtSplitter {
  readonly #format: ReasoningFormat;
  #state: 'before' | 'inside' | 'behind' | 'answer';
  /** May be part of a marker, or whitespace that is told only if a thought goes on behind it. */
  #held = '';
  #hasThought = false;

  /** `isThinking`: the prompt ends with the beginning of a thought. */
  constructor(format: ReasoningFormat, isThinking: boolean) {
    this.#format = format;
    this.#state = isThinking ? 'inside' : 'before';
  }

  get isThinking(): boolean {
    return this.#state === 'inside';
  }

  push(text: string): SplitText {
    this.#held += text;
    if (this.#state === 'before') this.#begin();
    const thought = this.#state === 'inside' ? this.#think() : '';
    if (this.#state === 'behind') {
      this.#held = this.#held.trimStart();
      if (this.#held !== '') this.#state = 'answer';
    }
    return { thought, rest: this.#state === 'answer' ? this.#release() : '' };
  }

  /** What is left when no more comes. */
  end(): SplitText {
    if (this.#state === 'inside') return { thought: this.#release().trimEnd(), rest: '' };
    return { thought: '', rest: this.#release() };
  }

  #begin(): void {
    const { open } = this.#format;
    const text = this.#held.trimStart();
    if (text.startsWith(open)) {
      this.#held = text.slice(open.length);
      this.#state = 'inside';
    } else if (!open.startsWith(text)) this.#state = 'answer';
  }

  #think(): string {
    const { close } = this.#format;
    const text = this.#hasThought ? this.#held : this.#held.trimStart();
    const at = text.indexOf(close);
    const thought = text.slice(0, at < 0 ? beginningOf(text, [close]) : at).trimEnd();
    this.#hasThought ||= thought !== '';
    this.#held = at < 0 ? text.slice(thought.length) : text.slice(at + close.length);
    if (at >= 0) this.#state = 'behind';
    return thought;
  }

  #release(): string {
    const held = this.#held;
    this.#held = '';
    return held;
  }
}
