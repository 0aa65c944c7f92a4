import { type ArgumentReader, isSpace, type Scanned } from './call-scanner.js';
import { JsonValue } from './json-value.js';

/** Arguments as an object of JSON. */
export class JsonArguments implements ArgumentReader {
  readonly unread = 1;
  written = '';
  readonly #value = new JsonValue();
  #isWhole = false;
  #fresh = '';

  get isOpen(): boolean {
    return this.#value.first !== '' && !this.#isWhole;
  }

  take(character: string): Scanned {
    if (this.#value.first === '' && isSpace(character)) return 'inside';
    const place = this.#value.take(character);
    if (this.#value.first !== '{') return 'wrong';
    this.written += character;
    this.#fresh += character;
    this.#isWhole = place === 'last';
    return this.#isWhole ? 'last' : 'inside';
  }

  takeJson(): string {
    const fresh = this.#fresh;
    this.#fresh = '';
    return fresh;
  }
}
