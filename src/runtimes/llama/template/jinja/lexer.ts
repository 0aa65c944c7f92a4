import { isSpace, strip } from './text.js';
import { TemplateError } from './values.js';

export type TokenType =
  | 'data'
  | 'variable_begin'
  | 'variable_end'
  | 'block_begin'
  | 'block_end'
  | 'name'
  | 'string'
  | 'integer'
  | 'float'
  | 'operator'
  | 'end';

export interface Token {
  readonly type: TokenType;
  /** Text of data, names and operators, content of strings, digits of numbers. */
  readonly value: string;
  /** From 1 on. */
  readonly line: number;
}

const OPENING = /(\{%|\{\{|\{#)([-+]?)/g;
const COMMENT_END = /-#\}\s*|\+#\}|#\}\n?/g;
const RAW_BEGIN = /\s*raw\s*(?:-%\}\s*|%\})/y;
const RAW_END = /\{%([-+]?)\s*endraw\s*(?:\+%\}|-%\}\s*|%\}\n?)/g;
const BLOCK_END = /\+%\}|-%\}\s*|%\}\n?/y;
const VARIABLE_END = /-\}\}\s*|\}\}/y;
const SPACE = /\s+/y;
const FLOAT = /\d+(?:_\d+)*(?:\.\d+(?:_\d+)*(?:e[+-]?\d+(?:_\d+)*)?|e[+-]?\d+(?:_\d+)*)/iy;
const INTEGER = /0b(?:_?[01])+|0o(?:_?[0-7])+|0x(?:_?[\da-f])+|[1-9](?:_?\d)*|0(?:_?0)*/iy;
const NAME = /[\p{L}_][\p{L}\p{M}\p{N}_]*/uy;
const STRING = /'[^'\\]*(?:\\[\s\S][^'\\]*)*'|"[^"\\]*(?:\\[\s\S][^"\\]*)*"/y;
const OPERATOR = /\/\/|\*\*|[=!<>]=|[-+*/%~[\](){}<>=.:|,;]/y;
const CLOSING: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' };

/** The tokens of a template, with white space trimmed as transformers has it (`trim_blocks`, `lstrip_blocks`). Throws for what is none. */
export function tokenize(template: string): readonly Token[] {
  const lines = template.replace(/\r\n?/g, '\n');
  return new Lexer(lines.endsWith('\n') ? lines.slice(0, -1) : lines).run();
}

class Lexer {
  readonly #source: string;
  readonly #tokens: Token[] = [];
  #at = 0;
  #line = 1;
  /** Where the present line ends; -1 = it is the last one. */
  #lineEnd: number;
  /** What was read last ended a line, so that white space before a block is stripped. */
  #startsLine = true;

  constructor(source: string) {
    this.#source = source;
    this.#lineEnd = source.indexOf('\n');
  }

  run(): readonly Token[] {
    for (let opening = this.#find(OPENING); opening !== undefined; opening = this.#find(OPENING)) {
      const [all, kind = '', sign = ''] = opening;
      this.#pushData(opening.index, sign, kind !== '{{');
      this.#moveTo(opening.index + all.length);
      this.#startsLine = false;
      if (kind === '{#') this.#skipComment();
      else if (kind === '{{') this.#readTag('variable');
      else if (!this.#readRaw()) this.#readTag('block');
    }
    if (this.#at < this.#source.length) this.#push('data', this.#source.slice(this.#at));
    this.#moveTo(this.#source.length);
    this.#push('end', '');
    return this.#tokens;
  }

  #find(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#at;
    return pattern.exec(this.#source) ?? undefined;
  }

  /** What stands at the present place, which is moved behind it. */
  #take(pattern: RegExp): string | undefined {
    const text = this.#find(pattern)?.[0];
    if (text !== undefined) this.#moveTo(this.#at + text.length);
    return text;
  }

  #moveTo(at: number): void {
    while (this.#lineEnd >= 0 && this.#lineEnd < at) {
      this.#line++;
      this.#lineEnd = this.#source.indexOf('\n', this.#lineEnd + 1);
    }
    this.#at = at;
  }

  #push(type: TokenType, value: string): void {
    this.#tokens.push({ type, value, line: this.#line });
  }

  #fail(problem: string): never {
    throw new TemplateError(`line ${this.#line}: ${problem}`);
  }

  /** The text before a tag; `sign`: what the tag begins with. */
  #pushData(end: number, sign: string, isBlock: boolean): void {
    const text = this.#source.slice(this.#at, end);
    const kept =
      sign === '-' ? strip(text, undefined, 'end') : sign === '' && isBlock ? this.#withoutIndent(text) : text;
    if (kept !== '') this.#push('data', kept);
  }

  #withoutIndent(text: string): string {
    const start = text.lastIndexOf('\n') + 1;
    if (start === 0 && !this.#startsLine) return text;
    for (let at = start; at < text.length; at++) if (!isSpace(text[at])) return text;
    return text.slice(0, start);
  }

  #skipComment(): void {
    const end = this.#find(COMMENT_END);
    if (end === undefined) this.#fail('Missing end of comment tag');
    this.#moveTo(end.index + end[0].length);
    this.#startsLine = end[0].endsWith('\n');
  }

  /** False where the block is another one. */
  #readRaw(): boolean {
    const begin = this.#take(RAW_BEGIN);
    if (begin === undefined) return false;
    this.#startsLine = begin.endsWith('\n');
    const end = this.#find(RAW_END);
    if (end === undefined) this.#fail('Missing end of raw directive');
    const [all, sign = ''] = end;
    this.#pushData(end.index, sign, true);
    this.#moveTo(end.index + all.length);
    this.#startsLine = all.endsWith('\n');
    return true;
  }

  #readTag(kind: 'variable' | 'block'): void {
    this.#push(`${kind}_begin`, '');
    const open: string[] = [];
    while (this.#at < this.#source.length) {
      const end = open.length === 0 ? this.#take(kind === 'block' ? BLOCK_END : VARIABLE_END) : undefined;
      if (end !== undefined) {
        this.#push(`${kind}_end`, '');
        this.#startsLine = end.endsWith('\n');
        return;
      }
      if (this.#take(SPACE) === undefined) this.#readToken(open);
    }
    this.#fail(
      `unexpected end of template, expected the end of a ${kind === 'block' ? 'statement' : 'print statement'}`,
    );
  }

  /** `open`: brackets that are not closed yet. */
  #readToken(open: string[]): void {
    const line = this.#line;
    const [type, value] = this.#tokenHere();
    if (type === 'operator') this.#balance(value, open);
    this.#tokens.push({ type, value, line });
  }

  #tokenHere(): readonly [TokenType, string] {
    // Behind a dot stands an index: `a.0.1`.
    const isIndex = this.#source[this.#at - 1] === '.';
    const float = isIndex ? undefined : this.#take(FLOAT);
    if (float !== undefined) return ['float', float.replaceAll('_', '')];
    const integer = this.#take(INTEGER);
    if (integer !== undefined) return ['integer', integer.replaceAll('_', '')];
    const name = this.#take(NAME);
    if (name !== undefined) return ['name', name];
    const text = this.#take(STRING);
    if (text !== undefined) return ['string', unescaped(text.slice(1, -1))];
    return ['operator', this.#take(OPERATOR) ?? this.#fail(`unexpected char '${this.#source[this.#at]}'`)];
  }

  #balance(operator: string, open: string[]): void {
    const closing = CLOSING[operator];
    if (closing !== undefined) open.push(closing);
    else if (operator === ')' || operator === ']' || operator === '}') {
      const expected = open.pop();
      if (expected === undefined) this.#fail(`unexpected '${operator}'`);
      if (expected !== operator) this.#fail(`unexpected '${operator}', expected '${expected}'`);
    }
  }
}

const ESCAPE = /\\(?:([0-7]{1,3})|x([\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8})|([\s\S]))/g;
const CHARACTERS: Readonly<Record<string, string>> = {
  '\n': '',
  '\\': '\\',
  "'": "'",
  '"': '"',
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};

/** The content of a string literal, with escapes as Python has them: unknown ones are text. */
function unescaped(content: string): string {
  if (!content.includes('\\')) return content;
  return content.replace(ESCAPE, (all, octal?: string, ...more: (string | undefined)[]) => {
    const [two, four, eight, character = ''] = more;
    const hex = two ?? four ?? eight;
    if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8));
    if (hex !== undefined) return codePoint(Number.parseInt(hex, 16));
    if (character === 'x' || character === 'u' || character === 'U' || character === 'N') {
      throw new TemplateError(`the escape '${all}' in a string is not supported`);
    }
    return CHARACTERS[character] ?? all;
  });
}

function codePoint(code: number): string {
  if (code > 0x10ffff) throw new TemplateError(`the escape of character ${code} in a string is not supported`);
  return String.fromCodePoint(code);
}
