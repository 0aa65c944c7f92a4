import { ExpressionParser } from './expression-parser.js';
import type { Body, Definition, Expression, If, SetBlock, Statement, Target, With } from './nodes.js';
import { CONSTANTS } from './operand-parser.js';
import { TokenReader } from './token-reader.js';

/** The statements of a template. Throws what is wrong with it, and in which line. */
export function parseTemplate(template: string): Body {
  return new Parser(new TokenReader(template)).template();
}

class Parser extends ExpressionParser {
  template(): Body {
    const body = this.#statements([]);
    const { problem } = this.names;
    if (problem !== undefined) this.reader.fail(problem);
    return body;
  }

  /** Up to a block that begins with one of these names, which is not taken. */
  #statements(ends: readonly string[]): Body {
    const { reader } = this;
    const body: Statement[] = [];
    for (;;) {
      const { type, value } = reader.current;
      if (type === 'end') {
        if (ends.length > 0) reader.fail(`Unexpected end of template, expected '${ends.join("' or '")}'`);
        return body;
      }
      reader.take();
      if (type === 'data') body.push({ type: 'text', text: value });
      else if (type === 'variable_begin') {
        body.push({ type: 'output', value: this.tuple() });
        reader.expect('variable_end');
      } else {
        if (reader.is('name') && ends.includes(reader.current.value)) return body;
        body.push(...reader.nested(() => this.#statement()));
        reader.expect('block_end');
      }
    }
  }

  /** The statements in a block, up to its end, which is taken. */
  #block(end: string): Body {
    const body = this.#until(end);
    this.reader.take();
    return body;
  }

  #until(...ends: readonly string[]): Body {
    this.reader.skip('operator', ':');
    this.reader.expect('block_end');
    return this.#statements(ends);
  }

  #statement(): readonly Statement[] {
    const { value: name } = this.reader.expect('name');
    switch (name) {
      case 'if':
        return [this.names.conditional(() => this.#if())];
      case 'for':
        return [this.#for()];
      case 'set':
        return [this.#set()];
      case 'macro':
        return [this.#macro()];
      case 'call':
        return [this.#call()];
      case 'filter': {
        const filter = this.filter(undefined);
        return [{ type: 'filterBlock', filter, body: this.names.compiled(() => this.#block('endfilter')) }];
      }
      case 'with':
        return [this.#with()];
      case 'generation':
        return [{ type: 'with', assignments: [], body: this.names.compiled(() => this.#block('endgeneration')) }];
      case 'break':
      case 'continue':
        return [{ type: name }];
      case 'print':
        return [{ type: 'output', value: this.tuple() }];
      default:
        return this.reader.fail(`Encountered unknown tag '${name}'`);
    }
  }

  #if(): If {
    const { reader } = this;
    const branches: { readonly test: Expression; readonly body: Body }[] = [];
    for (;;) {
      const test = this.tuple({ isPlain: true });
      branches.push({ test, body: this.#until('elif', 'else', 'endif') });
      const { value: next } = reader.take();
      if (next === 'elif') continue;
      return { type: 'if', branches, otherwise: next === 'else' ? this.#block('endif') : [] };
    }
  }

  #for(): Statement {
    const { reader } = this;
    const target = this.#target('in');
    reader.expect('name', 'in');
    const items = this.tuple({ isPlain: true, ends: 'recursive' });
    const test = reader.skip('name', 'if') ? this.expression() : undefined;
    const isRecursive = reader.skip('name', 'recursive');
    const body = this.names.compiled(() => this.#until('endfor', 'else'));
    const otherwise = reader.take().value === 'else' ? this.names.compiled(() => this.#block('endfor')) : [];
    return { type: 'for', target, items, test, isRecursive, body, otherwise };
  }

  #set(): Statement | SetBlock {
    const { reader } = this;
    const target = this.#target('=');
    if (reader.skip('operator', '=')) return { type: 'set', target, value: this.tuple() };
    const filter = reader.skip('operator', '|') ? this.filter(undefined) : undefined;
    return { type: 'setBlock', target, filter, body: this.names.compiled(() => this.#block('endset')) };
  }

  #macro(): Statement {
    const { value: name } = this.reader.expect('name');
    const parameters = this.#parameters();
    return { type: 'macro', name, definition: this.#definition(parameters, 'endmacro') };
  }

  #call(): Statement {
    const parameters = this.reader.is('operator', '(') ? this.#parameters() : [];
    const call = this.expression();
    if (call.type !== 'call') return this.reader.fail('expected call');
    return { type: 'call', call, definition: this.#definition(parameters, 'endcall') };
  }

  #definition(parameters: Definition['parameters'], end: string): Definition {
    const [body, uses] = this.names.using(() => this.names.compiled(() => this.#block(end)));
    return { parameters, uses, body };
  }

  #parameters(): Definition['parameters'] {
    const { reader } = this;
    const parameters: { readonly name: string; readonly fallback: Expression | undefined }[] = [];
    reader.expect('operator', '(');
    while (!reader.is('operator', ')')) {
      if (parameters.length > 0) reader.expect('operator', ',');
      const { value: name } = reader.expect('name');
      const fallback = reader.skip('operator', '=') ? this.expression() : undefined;
      if (fallback === undefined && parameters.at(-1)?.fallback !== undefined) {
        reader.fail('non-default argument follows default argument');
      }
      parameters.push({ name, fallback });
    }
    reader.take();
    return parameters;
  }

  #with(): With {
    const { reader } = this;
    const assignments: { readonly target: Target; readonly value: Expression }[] = [];
    while (!reader.is('block_end')) {
      if (assignments.length > 0) reader.expect('operator', ',');
      const target = this.#target('=');
      reader.expect('operator', '=');
      assignments.push({ target, value: this.expression() });
    }
    return { type: 'with', assignments, body: this.names.compiled(() => this.#block('endwith')) };
  }

  /** A name, `namespace.name`, or several of them. `end`: what stands behind it. */
  #target(end: string): Target {
    const { reader } = this;
    const items: Target[] = [];
    let isTuple = false;
    do {
      if (reader.is(end === 'in' ? 'name' : 'operator', end) && isTuple) break;
      items.push(this.#oneTarget());
      if (reader.is('operator', ',')) isTuple = true;
    } while (reader.skip('operator', ','));
    const [first] = items;
    return first === undefined || isTuple ? { type: 'tuple', items } : first;
  }

  #oneTarget(): Target {
    const { reader } = this;
    if (reader.skip('operator', '(')) {
      const inner = reader.nested(() => this.#target(')'));
      reader.expect('operator', ')');
      return inner;
    }
    const { value: name } = reader.expect('name');
    if (CONSTANTS.has(name)) reader.fail(`can't assign to '${name}'`);
    if (!reader.skip('operator', '.')) return { type: 'name', name };
    return { type: 'member', namespace: name, name: reader.expect('name').value };
  }
}
