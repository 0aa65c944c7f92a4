import { type ArgumentReader, isSpace, MAX_HEAD_LENGTH, type Scanned } from './call-scanner.js';
import { type LiteralSyntax, PYTHON_ARGUMENTS, type Quote } from './formats/format.js';
import { inJsonString, textInJsonString } from './json-text.js';
import { Until } from './until.js';

const MAX_DEPTH = 64;
const NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;
const WORDS: Readonly<Record<string, string>> = {
  True: 'true',
  False: 'false',
  None: 'null',
  true: 'true',
  false: 'false',
  null: 'null',
};
const CLOSES: Readonly<Record<string, string>> = { '{': '}', '[': ']', '(': ')' };

/** A bracket that is open. */
interface Open {
  /** As it is written. */
  readonly close: string;
  readonly isObject: boolean;
  /** Between a name and its value. */
  readonly assign: string;
  members: number;
}

/** Names and values that are nearly JSON, as they are in Python or with other quotation marks, read as JSON while they come. */
export class LiteralArguments implements ArgumentReader {
  written = '';
  readonly unread = 1;
  readonly #quotes: readonly Quote[];
  readonly #open: Open[];
  #state: 'name' | 'assign' | 'value' | 'word' | 'string' | 'behind' | 'end' = 'name';
  /** Of a name or word without quotation marks, or of an opening quotation mark. */
  #word = '';
  #string: LiteralString | undefined;
  #isName = false;
  #fresh = '';

  /** The bracket that opens the arguments has come. */
  constructor({ assign, close, quotes }: LiteralSyntax) {
    this.#quotes = quotes;
    this.#open = [{ close, isObject: true, assign, members: 0 }];
    this.#fresh = '{';
  }

  get isOpen(): boolean {
    return this.written !== '' && this.#state !== 'end';
  }

  takeJson(): string {
    const fresh = this.#fresh;
    this.#fresh = '';
    return fresh;
  }

  take(character: string): Scanned {
    const scanned = this.#take(character);
    this.written += character;
    if (scanned === 'wrong') this.#abandon();
    if (scanned !== 'inside') this.#state = 'end';
    return scanned;
  }

  #take(character: string): Scanned {
    if (this.#state === 'string') return this.#takeInString(character);
    if (this.#state === 'word') return this.#takeWord(character);
    if (this.#word === '' && isSpace(character)) return 'inside';
    switch (this.#state) {
      case 'name':
        return this.#takeName(character);
      case 'assign':
        if (character !== this.#top.assign) return 'wrong';
        this.#goOn('value', ': ');
        return 'inside';
      case 'value':
        return this.#takeValue(character);
      case 'behind':
        if (character === this.#top.close) return this.#close();
        if (character !== ',') return 'wrong';
        this.#state = this.#top.isObject ? 'name' : 'value';
        return 'inside';
      default:
        return 'wrong';
    }
  }

  get #top(): Open {
    return this.#open.at(-1) as Open;
  }

  #goOn(state: 'value' | 'behind' | 'assign', json: string): void {
    this.#state = state;
    this.#fresh += json;
  }

  #takeName(character: string): Scanned {
    if (this.#word === '' && character === this.#top.close) return this.#close();
    if (this.#word === '' || this.#mayQuote(this.#word)) {
      const quoted = this.#takeQuote(character, true);
      if (quoted !== undefined) return quoted;
    } else this.#word += character;
    if (this.#word.length > MAX_HEAD_LENGTH) return 'wrong';
    if (!this.#word.endsWith(this.#top.assign)) {
      return /[,()[\]{}]/.test(character) && !this.#mayQuote(this.#word) ? 'wrong' : 'inside';
    }
    const name = this.#word.slice(0, -this.#top.assign.length).trim();
    this.#word = '';
    if (name === '') return 'wrong';
    this.#separate();
    this.#goOn('value', `${JSON.stringify(name)}: `);
    return 'inside';
  }

  #takeValue(character: string): Scanned {
    if (this.#word === '') {
      const { isObject, close } = this.#top;
      if (character === close && !isObject) return this.#close();
      if (/[,:=)\]}]/.test(character)) return 'wrong';
      const bracket = CLOSES[character];
      if (bracket !== undefined) return this.#push(character, bracket);
    }
    const quoted = this.#takeQuote(character, false);
    if (quoted !== undefined) return quoted;
    this.#state = 'word';
    // Where a mark has turned out to be none, its last character may end the word.
    const last = this.#word.slice(-1);
    this.#word = this.#word.slice(0, -1);
    return this.#takeWord(last);
  }

  #mayQuote(word: string): boolean {
    return this.#quotes.some(({ text }) => text.startsWith(word));
  }

  /** undefined = no quotation mark, and what has come is in the word. */
  #takeQuote(character: string, isName: boolean): Scanned | undefined {
    this.#word += character;
    const quote = this.#quotes.find(({ text }) => text === this.#word);
    if (quote === undefined) return this.#mayQuote(this.#word) ? 'inside' : undefined;
    this.#word = '';
    this.#separateValue(isName);
    this.#isName = isName;
    this.#string = new LiteralString(quote);
    this.#state = 'string';
    this.#fresh += '"';
    return 'inside';
  }

  #takeInString(character: string): Scanned {
    const string = this.#string;
    if (string === undefined) return 'wrong';
    this.#fresh += string.take(character);
    if (!string.isWhole) return 'inside';
    this.#string = undefined;
    this.#goOn(this.#isName ? 'assign' : 'behind', '"');
    return 'inside';
  }

  #takeWord(character: string): Scanned {
    if (!/[,)\]}]/.test(character)) {
      this.#word += character;
      return 'inside';
    }
    const word = this.#word.trim();
    this.#word = '';
    this.#separateValue(false);
    this.#goOn('behind', jsonOfWord(word));
    return this.#take(character);
  }

  #push(character: string, close: string): Scanned {
    if (this.#open.length >= MAX_DEPTH) return 'wrong';
    this.#separateValue(false);
    const isObject = character === '{';
    this.#open.push({ close, isObject, assign: ':', members: 0 });
    this.#state = isObject ? 'name' : 'value';
    this.#fresh += isObject ? '{' : '[';
    return 'inside';
  }

  #close(): Scanned {
    const { isObject } = this.#top;
    this.#open.pop();
    this.#goOn('behind', isObject ? '}' : ']');
    return this.#open.length === 0 ? 'last' : 'inside';
  }

  /** Commas come before members, so that one behind the last does no harm. */
  #separate(): void {
    if (this.#top.members++ > 0) this.#fresh += ', ';
  }

  /** Values of objects come behind their names. */
  #separateValue(isName: boolean): void {
    if (isName || !this.#top.isObject) this.#separate();
  }

  /** Completes the JSON of arguments that go on in another way. */
  #abandon(): void {
    if (this.#state === 'string') this.#fresh += this.#isName ? '": null' : '"';
    else if (this.#state === 'assign') this.#fresh += ': null';
    else if ((this.#state === 'value' || this.#state === 'word') && this.#open.at(-1)?.isObject === true)
      this.#fresh += 'null';
    for (const { isObject } of this.#open.toReversed()) this.#fresh += isObject ? '}' : ']';
    this.#open.length = 0;
  }
}

/** JSON of a literal of Python; undefined = it is none. */
export function pythonAsJson(text: string): string | undefined {
  if (Object.hasOwn(WORDS, text)) return WORDS[text];
  if (!/^[[({]/.test(text)) return undefined;
  const reader = new LiteralArguments(PYTHON_ARGUMENTS);
  const call = `v=${text})`;
  for (let at = 0; at < call.length; at++) {
    const scanned = reader.take(call.charAt(at));
    if (scanned === 'wrong' || (scanned === 'last' && at < call.length - 1)) return undefined;
    if (scanned === 'last') return reader.takeJson().slice('{"v": '.length, -1);
  }
  return undefined;
}

function jsonOfWord(word: string): string {
  if (Object.hasOwn(WORDS, word)) return WORDS[word] as string;
  return NUMBER.test(word) ? word : JSON.stringify(word);
}

const ESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  b: '\b',
  f: '\f',
  '/': '/',
  '\\': '\\',
  "'": "'",
  '"': '"',
  '\n': '',
};
/** Digits of the code that such an escape sequence has. */
const CODES: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 };

/** A text between quotation marks, as it is in a string of JSON. */
class LiteralString {
  readonly #quote: Quote;
  readonly #until: Until;
  /** An escape sequence as far as it has come; '' = none. */
  #escape = '';

  constructor(quote: Quote) {
    this.#quote = quote;
    this.#until = new Until([quote.text]);
  }

  get isWhole(): boolean {
    return this.#until.found !== undefined;
  }

  take(character: string): string {
    if (this.#escape !== '') return this.#takeEscape(character);
    if (this.#quote.escapes && character === '\\') {
      this.#escape = character;
      return '';
    }
    return Array.from(this.#until.take(character), inJsonString).join('');
  }

  #takeEscape(character: string): string {
    this.#escape += character;
    const [, kind = ''] = this.#escape;
    const digits = CODES[kind];
    const text = digits === undefined ? (ESCAPES[kind] ?? this.#escape) : undefined;
    if (text !== undefined) return this.#endEscape(text);
    const isCode = this.#escape.length === 2 || /[0-9a-fA-F]/.test(character);
    if (!isCode) return this.#endEscape(this.#escape);
    return this.#escape.length < 2 + (digits ?? 0) ? '' : this.#endEscape(charactersOf(this.#escape.slice(2)));
  }

  #endEscape(text: string): string {
    this.#escape = '';
    return textInJsonString(text);
  }
}

function charactersOf(code: string): string {
  const point = Number.parseInt(code, 16);
  return point <= 0x10ffff ? String.fromCodePoint(point) : '\ufffd';
}
