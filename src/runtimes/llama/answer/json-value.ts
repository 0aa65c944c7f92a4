/** Follows one value of JSON through a text, character by character, without reading what it says. */
export class JsonValue {
  #depth = 0;
  #isString = false;
  #isEscaped = false;
  #first = '';

  /** '' = none has come. */
  get first(): string {
    return this.#first;
  }

  /** The text goes on within quotation marks. */
  get isInString(): boolean {
    return this.#isString;
  }

  /**
   * Takes the next character, which must not be whitespace before the value. 'last': the value ends with it; 'behind': it has ended before,
   * as numbers and words do.
   */
  take(character: string): 'inside' | 'last' | 'behind' {
    if (this.#first === '') {
      this.#first = character;
      this.#isString = character === '"';
      this.#depth = opens(character) ? 1 : 0;
      return 'inside';
    }
    if (this.#isString) return this.#takeInString(character);
    if (this.#depth === 0) return /[\s,\]}]/.test(character) ? 'behind' : 'inside';
    if (character === '"') this.#isString = true;
    else if (opens(character)) this.#depth++;
    else if (closes(character)) this.#depth--;
    return this.#depth === 0 ? 'last' : 'inside';
  }

  #takeInString(character: string): 'inside' | 'last' {
    if (this.#isEscaped) this.#isEscaped = false;
    else if (character === '\\') this.#isEscaped = true;
    else if (character === '"') {
      this.#isString = false;
      return this.#depth === 0 ? 'last' : 'inside';
    }
    return 'inside';
  }
}

function opens(character: string): boolean {
  return character === '{' || character === '[';
}

function closes(character: string): boolean {
  return character === '}' || character === ']';
}
