import { checkLength } from './text.js';

/** Text that a template writes, up to the length of a prompt. */
export class Output {
  #text = '';

  /** Throws where there would be more text than a prompt may have. */
  write(text: string): void {
    checkLength(this.#text.length + text.length);
    this.#text += text;
  }

  get text(): string {
    return this.#text;
  }
}
