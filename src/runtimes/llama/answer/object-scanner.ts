import type { CallScanner, FindTool, Scanned } from './call-scanner.js';
import { parsedJson } from './json-text.js';
import { JsonValue } from './json-value.js';

/** `{"name": …, "arguments": {…}}`, in either order and with others between; Llama says `parameters`, Cohere `tool_name`. */
export class ObjectScanner implements CallScanner {
  readonly id = undefined;
  readonly unread = 1;
  tool: string | undefined;
  readonly #findTool: FindTool;
  #state: 'object' | 'first' | 'key' | 'colon' | 'value' | 'comma' | 'next' = 'object';
  #value = new JsonValue();
  /** What has come of a key, or of a value that is not passed on as it comes. */
  #text = '';
  #key = '';
  #arguments = '';
  /** What has come of them since they were taken last. */
  #fresh = '';
  #hasArguments = false;

  constructor(findTool: FindTool) {
    this.#findTool = findTool;
  }

  get written(): string {
    return this.#isTold ? this.#arguments : '';
  }

  takeArguments(): string {
    if (!this.#isTold) return '';
    const fresh = this.#fresh;
    this.#fresh = '';
    return fresh;
  }

  /** Some models write the JSON as a string, which is known when it has ended. */
  get #isTold(): boolean {
    return this.tool !== undefined && !(this.isInArguments && this.#value.first === '"');
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
    if (this.isInArguments) {
      this.#arguments += character;
      this.#fresh += character;
    } else this.#text += character;
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
      const json = parsedJson(this.#arguments);
      if (typeof json !== 'string') return false;
      this.#arguments = json;
      this.#fresh = json;
      return true;
    }
    if (!isName(this.#key)) return true;
    const name = parsedJson(this.#text);
    if (typeof name !== 'string' || this.#findTool(name) === undefined) return false;
    this.tool = name;
    return true;
  }

  #end(): Scanned {
    if (this.tool === undefined) return 'wrong';
    if (!this.#hasArguments) this.#fresh = '{}';
    return 'last';
  }
}

function isName(key: string): boolean {
  return key === 'name' || key === 'tool_name';
}

function isArguments(key: string): boolean {
  return key === 'arguments' || key === 'parameters';
}
