import { argumentsOf, call, evaluate, filter } from './evaluate.js';
import { Loop, LoopMemory } from './loop.js';
import type { Body, Definition, Expression, For, Statement, Target } from './nodes.js';
import { isTrue, iterate } from './operators.js';
import { Scope } from './scope.js';
import { checkLength, str } from './text.js';
import { type Arguments, Callable, Namespace, TemplateError, Tuple, Undefined, type Value } from './values.js';

/** Macros and loops in each other; Python ends at about as many. */
const MAX_DEPTH = 200;

/** How a body ended before its last statement. */
type Ending = 'break' | 'continue' | undefined;

/** Runs statements of one rendering. */
export class Run {
  #depth = 0;

  /** What `body` writes with the variables of `scope`. */
  text(body: Body, scope: Scope): string {
    const output = new Output();
    this.#body(body, scope, output);
    return output.text;
  }

  #body(body: Body, scope: Scope, output: Output): Ending {
    for (const statement of body) {
      const ending = this.#statement(statement, scope, output);
      if (ending !== undefined) return ending;
    }
    return undefined;
  }

  #statement(statement: Statement, scope: Scope, output: Output): Ending {
    switch (statement.type) {
      case 'text':
        output.write(statement.text);
        return undefined;
      case 'output':
        output.write(str(evaluate(statement.value, scope)));
        return undefined;
      case 'if': {
        const taken = statement.branches.find(({ test }) => isTrue(evaluate(test, scope)));
        return this.#body(taken?.body ?? statement.otherwise, scope, output);
      }
      case 'for':
        this.#nested(() => this.#loop(statement, { scope, output, items: evaluate(statement.items, scope), depth: 0 }));
        return undefined;
      case 'set':
        assign(statement.target, evaluate(statement.value, scope), scope);
        return undefined;
      case 'setBlock': {
        const text = this.text(statement.body, new Scope(scope));
        assign(statement.target, filtered(statement.filter, scope, text), scope);
        return undefined;
      }
      case 'macro':
        scope.set(statement.name, this.#macro(statement.name, statement.definition, scope));
        return undefined;
      case 'call':
        output.write(str(this.#call(statement.call, statement.definition, scope)));
        return undefined;
      case 'filterBlock':
        output.write(str(filtered(statement.filter, scope, this.text(statement.body, new Scope(scope)))));
        return undefined;
      case 'with': {
        const inner = new Scope(scope);
        for (const { target, value } of statement.assignments) assign(target, evaluate(value, scope), inner);
        return this.#body(statement.body, inner, output);
      }
      case 'break':
      case 'continue':
        return statement.type;
      default:
        return statement satisfies never;
    }
  }

  /** Throws where macros and loops are nested too deep. */
  #nested<Made>(run: () => Made): Made {
    if (++this.#depth > MAX_DEPTH) throw new TemplateError(`macros and loops are nested deeper than ${MAX_DEPTH}`);
    const made = run();
    this.#depth--;
    return made;
  }

  #loop(statement: For, { scope, output, items: value, depth }: LoopParts): void {
    const { target, test, body, otherwise, isRecursive } = statement;
    const items = iterate(value).filter((each) => {
      if (test === undefined) return true;
      const inner = new Scope(scope);
      assign(target, each, inner);
      return isTrue(evaluate(test, inner));
    });
    const memory = new LoopMemory();
    const recurse = (inner: Value) => {
      const written = new Output();
      this.#nested(() => this.#loop(statement, { scope, output: written, items: inner, depth: depth + 1 }));
      return written.text;
    };
    let isEmpty = true;
    for (const [at, each] of items.entries()) {
      const turn = new Scope(scope);
      assign(target, each, turn);
      turn.set('loop', new Loop({ items, at, depth }, memory, isRecursive ? recurse : undefined));
      const ending = this.#body(body, turn, output);
      if (ending === 'break') break;
      // As in Jinja2, a turn that was left does not count.
      if (ending === undefined) isEmpty = false;
    }
    if (isEmpty) this.#body(otherwise, new Scope(scope), output);
  }

  #macro(name: string, { parameters, uses, body }: Definition, scope: Scope): Callable {
    const run = (given: Arguments): string => {
      const inner = new Scope(scope);
      const left = new Map(given.named);
      const pending: (readonly [string, Expression])[] = [];
      for (const [at, { name: parameter, fallback }] of parameters.entries()) {
        const value = given.positional[at] ?? (at < given.positional.length ? null : left.get(parameter));
        if (at >= given.positional.length) left.delete(parameter);
        if (value === undefined && fallback !== undefined) pending.push([parameter, fallback]);
        inner.set(
          parameter,
          value ?? (value === null ? null : new Undefined(`parameter '${parameter}' was not provided`)),
        );
      }
      bindSpecial(name, { parameters, uses, left, positional: given.positional }, inner);
      for (const [parameter, fallback] of pending) inner.set(parameter, evaluate(fallback, inner));
      return this.#nested(() => this.text(body, inner));
    };
    const names = parameters.map((parameter) => parameter.name);
    const attributes = new Map<string, Value>([
      ['name', name],
      ['arguments', new Tuple(names)],
      ['catch_kwargs', uses.has('kwargs')],
      ['catch_varargs', uses.has('varargs')],
      ['caller', uses.has('caller')],
    ]);
    return new Callable(`<Macro '${name}'>`, run, attributes);
  }

  #call(expression: Expression, definition: Definition, scope: Scope): Value {
    if (expression.type !== 'call') throw new TemplateError('expected call');
    const caller = this.#macro('caller', definition, scope);
    const { positional, named } = argumentsOf(expression.given, scope);
    return call(evaluate(expression.callee, scope), { positional, named: new Map([...named, ['caller', caller]]) });
  }
}

interface LoopParts {
  readonly scope: Scope;
  readonly output: Output;
  readonly items: Value;
  readonly depth: number;
}

interface Bound extends Pick<Definition, 'parameters' | 'uses'> {
  /** Arguments by name that are no parameters. */
  readonly left: Map<string, Value>;
  readonly positional: readonly Value[];
}

/** Sets `caller`, `kwargs` and `varargs`. Throws for arguments that the macro does not take. */
function bindSpecial(name: string, { parameters, uses, left, positional }: Bound, scope: Scope): void {
  if (uses.has('caller') && parameters.every((parameter) => parameter.name !== 'caller')) {
    scope.set('caller', left.get('caller') ?? new Undefined('No caller defined'));
    left.delete('caller');
  }
  const [unknown] = left.keys();
  if (uses.has('kwargs')) scope.set('kwargs', left);
  else if (unknown !== undefined) throw new TemplateError(`macro '${name}' takes no keyword argument '${unknown}'`);
  if (uses.has('varargs')) scope.set('varargs', new Tuple(positional.slice(parameters.length)));
  else if (positional.length > parameters.length) {
    throw new TemplateError(`macro '${name}' takes not more than ${parameters.length} argument(s)`);
  }
}

function filtered(expression: Expression | undefined, scope: Scope, text: string): Value {
  return expression?.type === 'filter' ? filter(expression, scope, text) : text;
}

function assign(target: Target, value: Value, scope: Scope): void {
  switch (target.type) {
    case 'name':
      scope.set(target.name, value);
      return;
    case 'member': {
      const namespace = scope.get(target.namespace);
      if (!(namespace instanceof Namespace)) throw new TemplateError('cannot assign attribute on non-namespace object');
      namespace.set(target.name, value);
      return;
    }
    case 'tuple': {
      const items = iterate(value);
      const { length } = target.items;
      if (items.length < length) {
        throw new TemplateError(`not enough values to unpack (expected ${length}, got ${items.length})`);
      }
      if (items.length > length) throw new TemplateError(`too many values to unpack (expected ${length})`);
      for (const [at, each] of target.items.entries()) assign(each, items[at] as Value, scope);
      return;
    }
    default:
      target satisfies never;
  }
}

/** Text that a template writes, up to the length of a prompt. */
class Output {
  #text = '';

  /** Throws where there would be more text than a prompt may have. */
  write(text: string): void {
    checkLength(this.#text.length + text.length);
    this.#text += text;
  }

  get text(): string {
    return this.#text;
  }
}
