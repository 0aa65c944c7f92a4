import type { Comparison, Expression } from './nodes.js';
import { OperandParser, type TupleOptions } from './operand-parser.js';

const COMPARISONS = ['==', '!=', '<', '<=', '>', '>='] as const;

/** Reads expressions as Jinja2 does, with its precedences. */
export class ExpressionParser extends OperandParser {
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
    const known = this.names.mark();
    let then = this.#or();
    while (this.reader.skip('name', 'if')) {
      const test = this.#or();
      const otherwise = this.reader.skip('name', 'else') ? this.expression() : undefined;
      then = { type: 'condition', test, then, otherwise };
      this.names.forget(known);
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
        ? this.primary()
        : { type: 'sign', operator, operand: this.reader.nested(() => this.#unary(false)) };
    const read = this.postfix(operand);
    return withFilters ? this.filters(read) : read;
  }
}
