import { FILTERS } from './filters.js';
import { type Comparison, type Expression, type GivenArguments, SPECIAL_NAMES } from './nodes.js';
import { TESTS } from './tests.js';
import type { TokenReader } from './token-reader.js';
import { Float, type Value } from './values.js';

const COMPARISONS = ['==', '!=', '<', '<=', '>', '>='] as const;
const NOTHING: GivenArguments = { positional: [], named: [], list: undefined, dict: undefined };
const NONE: Expression = { type: 'literal', value: null };
export const CONSTANTS: ReadonlyMap<string, Value> = new Map([
  ['true', true],
  ['True', true],
  ['false', false],
  ['False', false],
  ['none', null],
  ['None', null],
]);

/** Reads expressions as Jinja2 does, with its precedences. */
export class ExpressionParser {
  protected readonly reader: TokenReader;
  /** Filters and tests that do not exist. They are refused at once, unless they stand in what may not be evaluated. */
  #unknown: string[] = [];
  readonly #refused: string[] = [];
  /** Special names that the macro that is read uses. */
  #used = new Set<string>();

  constructor(reader: TokenReader) {
    this.reader = reader;
  }

  /** Throws for a filter or a test that does not exist. */
  protected checkNames(): void {
    const [problem] = [...this.#refused, ...this.#unknown];
    if (problem !== undefined) this.reader.fail(problem);
  }

  /** Names that do not exist are no mistake in what is read: it may not be evaluated. */
  protected conditional<Made>(read: () => Made): Made {
    const known = this.#unknown.length;
    const made = read();
    this.#unknown.length = known;
    return made;
  }

  /** Unknown names are errors in this part: Jinja2 compiles it separately. */
  protected compiled<Made>(read: () => Made): Made {
    const outer = this.#unknown;
    this.#unknown = [];
    const made = read();
    this.#refused.push(...this.#unknown);
    this.#unknown = outer;
    return made;
  }

  /** The special names that are used in what is read, too. */
  protected using<Made>(read: () => Made): readonly [made: Made, uses: ReadonlySet<string>] {
    const outer = this.#used;
    const uses = new Set<string>();
    this.#used = uses;
    const made = read();
    this.#used = new Set([...outer, ...uses]);
    return [made, uses];
  }

  expression(): Expression {
    return this.reader.nested(() => this.#condition());
  }

  /** An expression, or several with commas between them. `ends`: a name that ends it, too. */
  tuple({ isPlain = false, ends, inParentheses = false }: TupleOptions = {}): Expression {
    const { reader } = this;
    const items: Expression[] = [];
    let isTuple = false;
    for (;;) {
      if (items.length > 0) reader.expect('operator', ',');
      if (this.#endsTuple(ends)) break;
      items.push(isPlain ? reader.nested(() => this.#or()) : this.expression());
      if (!reader.is('operator', ',')) break;
      isTuple = true;
    }
    const [first] = items;
    if (first === undefined && !inParentheses) reader.fail(`Expected an expression, got ${reader.describe()}`);
    return first === undefined || isTuple ? { type: 'tuple', items } : first;
  }

  #endsTuple(ends: string | undefined): boolean {
    const { reader } = this;
    if (reader.is('variable_end') || reader.is('block_end') || reader.is('operator', ')')) return true;
    return ends !== undefined && reader.is('name', ends);
  }

  #condition(): Expression {
    const known = this.#unknown.length;
    let then = this.#or();
    while (this.reader.skip('name', 'if')) {
      const test = this.#or();
      const otherwise = this.reader.skip('name', 'else') ? this.expression() : undefined;
      then = { type: 'condition', test, then, otherwise };
      this.#unknown.length = known;
    }
    return then;
  }

  #or(): Expression {
    let left = this.#and();
    while (this.reader.skip('name', 'or')) left = { type: 'or', left, right: this.#and() };
    return left;
  }

  #and(): Expression {
    let left = this.#not();
    while (this.reader.skip('name', 'and')) left = { type: 'and', left, right: this.#not() };
    return left;
  }

  #not(): Expression {
    if (!this.reader.skip('name', 'not')) return this.#compare();
    return { type: 'not', operand: this.reader.nested(() => this.#not()) };
  }

  #compare(): Expression {
    const first = this.#sum();
    const others: Comparison[] = [];
    for (let operator = this.#comparison(); operator !== undefined; operator = this.#comparison()) {
      others.push({ operator, operand: this.#sum() });
    }
    return others.length === 0 ? first : { type: 'compare', first, others };
  }

  #comparison(): Comparison['operator'] | undefined {
    const { reader } = this;
    const operator = COMPARISONS.find((each) => reader.skip('operator', each));
    if (operator !== undefined) return operator;
    if (reader.skip('name', 'in')) return 'in';
    if (!reader.is('name', 'not') || reader.ahead.type !== 'name' || reader.ahead.value !== 'in') return undefined;
    reader.take();
    reader.take();
    return 'not in';
  }

  #sum(): Expression {
    let left = this.#concat();
    for (let operator = this.#operator('+', '-'); operator !== undefined; operator = this.#operator('+', '-')) {
      left = { type: 'binary', operator, left, right: this.#concat() };
    }
    return left;
  }

  #concat(): Expression {
    const first = this.#product();
    const parts = [first];
    while (this.reader.skip('operator', '~')) parts.push(this.#product());
    return parts.length === 1 ? first : { type: 'concat', parts };
  }

  #product(): Expression {
    let left = this.#power();
    const next = () => this.#operator('*', '/', '//', '%');
    for (let operator = next(); operator !== undefined; operator = next()) {
      left = { type: 'binary', operator, left, right: this.#power() };
    }
    return left;
  }

  #power(): Expression {
    let left = this.#unary(true);
    while (this.reader.skip('operator', '**')) {
      left = { type: 'binary', operator: '**', left, right: this.#unary(true) };
    }
    return left;
  }

  #operator<Sign extends string>(...signs: readonly Sign[]): Sign | undefined {
    return signs.find((sign) => this.reader.skip('operator', sign));
  }

  #unary(withFilters: boolean): Expression {
    const operator = this.#operator('+', '-');
    const operand: Expression =
      operator === undefined
        ? this.#primary()
        : { type: 'sign', operator, operand: this.reader.nested(() => this.#unary(false)) };
    const read = this.#postfix(operand);
    return withFilters ? this.#filters(read) : read;
  }

  #primary(): Expression {
    const { reader } = this;
    const { type, value } = reader.current;
    switch (type) {
      case 'name':
        reader.take();
        return this.#name(value);
      case 'string':
        return { type: 'literal', value: this.#strings() };
      case 'integer':
        reader.take();
        return { type: 'literal', value: Number(value) };
      case 'float':
        reader.take();
        return { type: 'literal', value: new Float(Number(value)) };
      default:
        break;
    }
    if (reader.skip('operator', '(')) {
      const inner = this.tuple({ inParentheses: true });
      reader.expect('operator', ')');
      return inner;
    }
    if (reader.skip('operator', '[')) return this.#list();
    if (reader.skip('operator', '{')) return this.#dict();
    return reader.fail(`unexpected ${reader.describe()}`);
  }

  #name(name: string): Expression {
    const constant = CONSTANTS.get(name);
    if (constant !== undefined) return { type: 'literal', value: constant };
    if (SPECIAL_NAMES.includes(name)) this.#used.add(name);
    return { type: 'name', name };
  }

  #strings(): string {
    let text = '';
    while (this.reader.is('string')) text += this.reader.take().value;
    return text;
  }

  #list(): Expression {
    return { type: 'list', items: this.#until(']', () => this.expression()) };
  }

  #dict(): Expression {
    const entry = () => {
      const key = this.expression();
      this.reader.expect('operator', ':');
      return [key, this.expression()] as const;
    };
    return { type: 'dict', entries: this.#until('}', entry) };
  }

  /** What is separated by commas, up to a bracket. */
  #until<Made>(end: string, read: () => Made): readonly Made[] {
    const { reader } = this;
    const made: Made[] = [];
    while (!reader.is('operator', end)) {
      if (made.length > 0) reader.expect('operator', ',');
      if (reader.is('operator', end)) break;
      made.push(read());
    }
    reader.expect('operator', end);
    return made;
  }

  #postfix(operand: Expression): Expression {
    let read = operand;
    for (;;) {
      if (this.reader.skip('operator', '.')) read = this.#member(read);
      else if (this.reader.skip('operator', '[')) read = this.#subscript(read);
      else if (this.reader.is('operator', '(')) read = { type: 'call', callee: read, given: this.arguments() };
      else return read;
    }
  }

  #filters(operand: Expression): Expression {
    let read = operand;
    for (;;) {
      if (this.reader.skip('operator', '|')) read = this.filter(read);
      else if (this.reader.skip('name', 'is')) read = this.#test(read);
      else if (this.reader.is('operator', '(')) read = { type: 'call', callee: read, given: this.arguments() };
      else return read;
    }
  }

  #member(object: Expression): Expression {
    const { type, value } = this.reader.take();
    if (type === 'name') return { type: 'attribute', object, name: value };
    if (type !== 'integer') return this.reader.fail('expected name or number');
    return { type: 'item', object, index: { type: 'literal', value: Number(value) } };
  }

  #subscript(object: Expression): Expression {
    const { reader } = this;
    const start = reader.is('operator', ':') ? NONE : this.tuple();
    if (!reader.skip('operator', ':')) {
      reader.expect('operator', ']');
      return { type: 'item', object, index: start };
    }
    const stop = this.#bound();
    const step = reader.skip('operator', ':') ? this.#bound() : NONE;
    reader.expect('operator', ']');
    return { type: 'slice', object, bounds: [start, stop, step] };
  }

  #bound(): Expression {
    return this.reader.is('operator', ':', ']') ? NONE : this.expression();
  }

  /** A filter after its `|`, and the filters chained to it. */
  protected filter(operand: Expression | undefined): Expression {
    const name = this.#dottedName();
    if (!FILTERS.has(name)) this.#unknown.push(`No filter named '${name}'.`);
    const given = this.reader.is('operator', '(') ? this.arguments() : NOTHING;
    const filter: Expression = { type: 'filter', operand, name, given };
    return this.reader.skip('operator', '|') ? this.filter(filter) : filter;
  }

  #dottedName(): string {
    let name = this.reader.expect('name').value;
    while (this.reader.skip('operator', '.')) name += `.${this.reader.expect('name').value}`;
    return name;
  }

  #test(operand: Expression): Expression {
    const { reader } = this;
    const isNegated = reader.skip('name', 'not');
    const name = this.#dottedName();
    if (!TESTS.has(name)) this.#unknown.push(`No test named '${name}'.`);
    const test: Expression = { type: 'test', operand, name, given: this.#testArguments() };
    return isNegated ? { type: 'not', operand: test } : test;
  }

  /** Those in parentheses, or one without. */
  #testArguments(): GivenArguments {
    const { reader } = this;
    if (reader.is('operator', '(')) return this.arguments();
    const isValue =
      reader.is('string') || reader.is('integer') || reader.is('float') || reader.is('operator', '[', '{');
    const isName = reader.is('name') && !reader.is('name', 'else', 'or', 'and');
    if (!isValue && !isName) return NOTHING;
    if (reader.is('name', 'is')) reader.fail('You cannot chain multiple tests with is');
    return { ...NOTHING, positional: [this.#postfix(this.#primary())] };
  }

  protected arguments(): GivenArguments {
    const { reader } = this;
    const positional: Expression[] = [];
    const named: [string, Expression][] = [];
    let list: Expression | undefined;
    let dict: Expression | undefined;
    const ensure = (isRight: boolean) => {
      if (!isRight) reader.fail('invalid syntax for function call expression');
    };
    reader.expect('operator', '(');
    this.#until(')', () => {
      if (reader.skip('operator', '*')) {
        ensure(list === undefined && dict === undefined);
        list = this.expression();
      } else if (reader.skip('operator', '**')) {
        ensure(dict === undefined);
        dict = this.expression();
      } else if (reader.is('name') && reader.ahead.type === 'operator' && reader.ahead.value === '=') {
        ensure(dict === undefined);
        const { value: name } = reader.take();
        reader.take();
        named.push([name, this.expression()]);
      } else {
        ensure(list === undefined && dict === undefined && named.length === 0);
        positional.push(this.expression());
      }
    });
    return { positional, named, list, dict };
  }
}

interface TupleOptions {
  /** Without `if` and `else`, which belong to the statement. */
  readonly isPlain?: boolean;
  readonly ends?: string;
  /** It may be empty. */
  readonly inParentheses?: boolean;
}
