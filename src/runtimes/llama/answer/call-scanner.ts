import { JsonValue } from './json-value.js';

/** What a character has been for the call of a tool: one of it, its last one, or one that no call has there. */
export type Scanned = 'inside' | 'last' | 'wrong';

/** Reads the call of a tool as a model writes it, character by character. */
export interface CallScanner {
  /** The tool, as soon as it is known to be one that the caller has. */
  readonly tool: string | undefined;
  /** JSON of its arguments as far as it has come; nothing before the tool is known. */
  readonly arguments: string;
  /** Whether more of the arguments follows. */
  readonly isInArguments: boolean;
  take(character: string): Scanned;
}

/** Whether a caller has a tool of that name. */
export type IsTool = (name: string) => boolean;

/** `{"name": …, "arguments": {…}}`, in either order and with others between; Llama says `parameters`. */
export class ObjectScanner implements CallScanner {
  tool: string | undefined;
  readonly #isTool: IsTool;
  #state: 'object' | 'first' | 'key' | 'colon' | 'value' | 'comma' | 'next' = 'object';
  #value = new JsonValue();
  /** What has come of a key, or of a value that is not passed on as it comes. */
  #text = '';
  #key = '';
  #arguments = '';
  #hasArguments = false;

  constructor(isTool: IsTool) {
    this.#isTool = isTool;
  }

  get arguments(): string {
    // Some models write the JSON as a string, which is known when it has ended.
    if (this.tool === undefined || (this.isInArguments && this.#value.first === '"')) return '';
    return this.#arguments;
  }

  get isInArguments(): boolean {
    return this.#state === 'value' && this.#value.first !== '' && isArguments(this.#key);
  }

  take(character: string): Scanned {
    const isSpace = /\s/.test(character);
    switch (this.#state) {
      case 'object':
        if (isSpace) return 'inside';
        return this.#goOn(character === '{', 'first');
      case 'first':
      case 'next':
        if (isSpace) return 'inside';
        if (character === '}' && this.#state === 'first') return 'wrong';
        this.#begin();
        this.#value.take(character);
        return this.#goOn(character === '"', 'key');
      case 'key':
        if (this.#value.take(character) !== 'last') return this.#keep(character);
        this.#key = this.#text;
        return this.#goOn(true, 'colon');
      case 'colon':
        if (isSpace) return 'inside';
        this.#begin();
        return this.#goOn(character === ':' && !(this.#hasArguments && isArguments(this.#key)), 'value');
      case 'value':
        return this.#takeValue(character, isSpace);
      case 'comma':
        if (isSpace) return 'inside';
        if (character === '}') return this.#end();
        return this.#goOn(character === ',', 'next');
    }
  }

  #takeValue(character: string, isSpace: boolean): Scanned {
    if (this.#value.first === '' && isSpace) return 'inside';
    if (this.#value.first === '' && /[,:\]}]/.test(character)) return 'wrong';
    const place = this.#value.take(character);
    if (place !== 'behind') this.#keep(character);
    if (place === 'inside') return 'inside';
    if (!this.#endValue()) return 'wrong';
    this.#state = 'comma';
    return place === 'behind' ? this.take(character) : 'inside';
  }

  #keep(character: string): Scanned {
    if (this.isInArguments) this.#arguments += character;
    else this.#text += character;
    return 'inside';
  }

  #begin(): void {
    this.#value = new JsonValue();
    this.#text = '';
  }

  #goOn(isRight: boolean, state: 'first' | 'key' | 'colon' | 'value' | 'next'): Scanned {
    if (isRight) this.#state = state;
    return isRight ? 'inside' : 'wrong';
  }

  #endValue(): boolean {
    if (isArguments(this.#key)) {
      this.#hasArguments = true;
      if (this.#value.first !== '"') return this.#value.first === '{';
      const json = read(this.#arguments);
      if (typeof json !== 'string') return false;
      this.#arguments = json;
      return true;
    }
    if (this.#key !== 'name') return true;
    const name = read(this.#text);
    if (typeof name !== 'string' || !this.#isTool(name)) return false;
    this.tool = name;
    return true;
  }

  #end(): Scanned {
    if (this.tool === undefined) return 'wrong';
    if (!this.#hasArguments) this.#arguments = '{}';
    return 'last';
  }
}

/** `name[ARGS]{…}`, with `[CALL_ID]…` between or not: Mistral's models since 2025. */
export class NamedScanner implements CallScanner {
  tool: string | undefined;
  arguments = '';
  readonly #isTool: IsTool;
  #head = '';
  readonly #value = new JsonValue();

  constructor(isTool: IsTool) {
    this.#isTool = isTool;
  }

  get isInArguments(): boolean {
    return this.#value.first !== '';
  }

  take(character: string): Scanned {
    if (this.tool === undefined) return this.#takeHead(character);
    if (!this.isInArguments && /\s/.test(character)) return 'inside';
    const place = this.#value.take(character);
    if (this.#value.first !== '{') return 'wrong';
    this.arguments += character;
    return place === 'last' ? 'last' : 'inside';
  }

  #takeHead(character: string): Scanned {
    this.#head += character;
    if (!this.#head.endsWith('[ARGS]')) return this.#head.length > MAX_HEAD_LENGTH ? 'wrong' : 'inside';
    const [name = ''] = this.#head.slice(0, -'[ARGS]'.length).split('[CALL_ID]');
    if (!this.#isTool(name.trim())) return 'wrong';
    this.tool = name.trim();
    return 'inside';
  }
}

/** Longer than any name of a tool with the id of a call. */
const MAX_HEAD_LENGTH = 256;

function isArguments(key: string): boolean {
  return key === 'arguments' || key === 'parameters';
}

function read(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
