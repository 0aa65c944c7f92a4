import { type Token, type TokenType, tokenize } from './lexer.js';
import { TemplateError } from './values.js';

/** Statements and expressions in each other. */
const MAX_DEPTH = 200;
const NAMES: Readonly<Record<TokenType, string>> = {
  data: 'template data',
  variable_begin: 'begin of print statement',
  variable_end: 'end of print statement',
  block_begin: 'begin of statement block',
  block_end: 'end of statement block',
  name: 'name',
  string: 'string',
  integer: 'integer',
  float: 'float',
  operator: 'operator',
  end: 'end of template',
};

/** Reads the tokens of a template forwards. */
export class TokenReader {
  readonly #tokens: readonly Token[];
  #at = 0;
  #depth = 0;

  constructor(template: string) {
    this.#tokens = tokenize(template);
  }

  get current(): Token {
    return this.#tokens[this.#at] as Token;
  }

  get ahead(): Token {
    return this.#tokens[Math.min(this.#at + 1, this.#tokens.length - 1)] as Token;
  }

  take(): Token {
    const token = this.current;
    if (token.type !== 'end') this.#at++;
    return token;
  }

  /** Whether the current token is of a type and, where that is given, has one of these values. */
  is(type: TokenType, ...values: readonly string[]): boolean {
    const { current } = this;
    return current.type === type && (values.length === 0 || values.includes(current.value));
  }

  /** Whether it was such a token, which is taken. */
  skip(type: TokenType, value: string): boolean {
    const isOne = this.is(type, value);
    if (isOne) this.take();
    return isOne;
  }

  expect(type: TokenType, value?: string): Token {
    if (this.is(type, ...(value === undefined ? [] : [value]))) return this.take();
    return this.fail(`expected ${value === undefined ? NAMES[type] : `'${value}'`}, got ${this.describe()}`);
  }

  describe(): string {
    const { type, value } = this.current;
    return type === 'name' || type === 'operator' ? `'${value}'` : NAMES[type];
  }

  fail(problem: string): never {
    throw new TemplateError(`line ${this.current.line}: ${problem}`);
  }

  /** What is nested in something else; throws where that is too deep. */
  nested<Made>(read: () => Made): Made {
    if (++this.#depth > MAX_DEPTH) this.fail(`statements and expressions are nested deeper than ${MAX_DEPTH}`);
    const made = read();
    this.#depth--;
    return made;
  }
}
