import { cutAtFirst } from '../text/find-stop.js';
import type { ReasoningFormat } from './formats/format.js';

/** A piece of an answer: what the model thinks, and what is meant for others. */
export interface SplitText {
  readonly thought: string;
  readonly rest: string;
}

/** Separates what a model thinks before its answer, without the whitespace around it. */
export class ThoughtSplitter {
  readonly #format: ReasoningFormat;
  /** A thought ends with these. */
  readonly #ends: readonly string[];
  /** These are marks where they come in an answer. */
  readonly #marks: readonly string[];
  #state: 'before' | 'inside' | 'behind' | 'answer';
  /** May be part of a marker. */
  #held = '';
  /** Whitespace before what is held, which is passed on only if a thought goes on behind it, or if the answer begins with it. */
  #space = '';
  #hasThought = false;
  /** The prompt has begun the thought, which the answer may begin again. */
  #mayReopen: boolean;

  /** `isThinking`: the prompt ends with the beginning of a thought; `endedBy`: texts that end a thought and belong to what follows. */
  constructor(format: ReasoningFormat, isThinking: boolean, endedBy: readonly string[] = []) {
    this.#format = format;
    this.#ends = [format.close, ...endedBy];
    this.#marks = format.repeats === true ? [format.open, format.close] : [];
    this.#state = isThinking ? 'inside' : 'before';
    this.#mayReopen = isThinking;
  }

  get isThinking(): boolean {
    return this.#state === 'inside';
  }

  push(text: string): SplitText {
    this.#held += text;
    let thought = '';
    let rest = '';
    for (;;) {
      const state = this.#state;
      if (state === 'before') this.#begin();
      else if (state === 'inside') thought += this.#think();
      else if (state === 'behind') this.#skipSpace();
      else rest += this.#answer();
      if (state === this.#state) return { thought, rest };
    }
  }

  /** What is left when no more comes. */
  end(): SplitText {
    const left = this.#release();
    return this.#state === 'inside' ? { thought: left.trimEnd(), rest: '' } : { thought: '', rest: left };
  }

  #begin(): void {
    const { open, close } = this.#format;
    const text = this.#held.trimStart();
    this.#space += this.#held.slice(0, this.#held.length - text.length);
    this.#held = text;
    // Some write only the end of a thought where they have none.
    for (const mark of [open, close]) {
      if (!text.startsWith(mark)) continue;
      this.#held = text.slice(mark.length);
      this.#space = '';
      this.#state = mark === open ? 'inside' : 'behind';
      return;
    }
    if (open.startsWith(text) || close.startsWith(text)) return;
    this.#held = this.#release();
    this.#state = 'answer';
  }

  #skipSpace(): void {
    this.#held = this.#held.trimStart();
    if (this.#held !== '') this.#state = 'answer';
  }

  #think(): string {
    const { open, close } = this.#format;
    let text = this.#hasThought ? this.#held : this.#held.trimStart();
    if (this.#mayReopen && open.startsWith(text)) {
      this.#held = text === open ? '' : text;
      this.#mayReopen = text !== open;
      return '';
    }
    if (this.#mayReopen && text.startsWith(open)) text = text.slice(open.length).trimStart();
    this.#mayReopen = false;
    const { before, stop, rest } = cutAtFirst(text, this.#ends);
    const thought = this.#withoutSpaceBehind(before);
    this.#hasThought ||= thought !== '';
    this.#held = stop === close ? rest.slice(close.length) : rest;
    if (stop !== undefined) {
      this.#space = '';
      this.#state = 'behind';
    }
    return thought;
  }

  #withoutSpaceBehind(text: string): string {
    const words = text.trimEnd();
    const thought = words === '' ? '' : this.#space + words;
    this.#space = (words === '' ? this.#space : '') + text.slice(words.length);
    return thought;
  }

  #answer(): string {
    if (this.#marks.length === 0) return this.#release();
    const { before, stop, rest } = cutAtFirst(this.#held, this.#marks);
    this.#held = rest.slice(stop?.length ?? 0);
    if (stop === undefined) return before;
    this.#state = stop === this.#format.open ? 'inside' : 'behind';
    this.#hasThought = false;
    return before;
  }

  #release(): string {
    const held = this.#space + this.#held;
    this.#space = '';
    this.#held = '';
    return held;
  }
}
