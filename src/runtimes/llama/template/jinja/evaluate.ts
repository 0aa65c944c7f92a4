import { calculate, sign } from './arithmetic.js';
import { attribute, item } from './attributes.js';
import { CALLS } from './filters.js';
import type { Comparison, Expression, Filtered, GivenArguments } from './nodes.js';
import { compare, contains, equals, isTrue, iterate, keyOf } from './operators.js';
import type { Scope } from './scope.js';
import { slice } from './slice.js';
import { checkLength, str } from './text.js';
import {
  type Arguments,
  isDict,
  type Key,
  NO_ARGUMENTS,
  Structure,
  TemplateError,
  Tuple,
  typeName,
  Undefined,
  type Value,
} from './values.js';

/** The value of an expression. Throws what Jinja2 refuses. */
export function evaluate(expression: Expression, scope: Scope): Value {
  switch (expression.type) {
    case 'literal':
      return expression.value;
    case 'name':
      return scope.get(expression.name);
    case 'list':
      return expression.items.map((each) => evaluate(each, scope));
    case 'tuple':
      return new Tuple(expression.items.map((each) => evaluate(each, scope)));
    case 'dict':
      return new Map(
        expression.entries.map(([key, value]): [Key, Value] => [keyOf(evaluate(key, scope)), evaluate(value, scope)]),
      );
    case 'attribute':
      return attribute(evaluate(expression.object, scope), expression.name);
    case 'item':
      return item(evaluate(expression.object, scope), evaluate(expression.index, scope));
    case 'slice': {
      const object = evaluate(expression.object, scope);
      const [start, stop, step] = expression.bounds;
      return slice(object, {
        start: evaluate(start, scope),
        stop: evaluate(stop, scope),
        step: evaluate(step, scope),
      });
    }
    case 'call':
      return call(evaluate(expression.callee, scope), argumentsOf(expression.given, scope));
    case 'filter':
      return filter(expression, scope, null);
    case 'test':
      return CALLS.test(expression.name, evaluate(expression.operand, scope), argumentsOf(expression.given, scope));
    case 'not':
      return !isTrue(evaluate(expression.operand, scope));
    case 'sign':
      return sign(expression.operator, evaluate(expression.operand, scope));
    case 'binary':
      return calculate(expression.operator, evaluate(expression.left, scope), evaluate(expression.right, scope));
    case 'and':
    case 'or': {
      const left = evaluate(expression.left, scope);
      return isTrue(left) === (expression.type === 'or') ? left : evaluate(expression.right, scope);
    }
    case 'compare':
      return compareAll(evaluate(expression.first, scope), expression.others, scope);
    case 'concat':
      return concat(expression.parts, scope);
    case 'condition': {
      if (isTrue(evaluate(expression.test, scope))) return evaluate(expression.then, scope);
      if (expression.otherwise !== undefined) return evaluate(expression.otherwise, scope);
      return new Undefined('the inline if-expression evaluated to false and no else section was defined.');
    }
    default:
      return expression satisfies never;
  }
}

/** What filters, one after the other, make of what a block has written, where an expression has no value of its own. */
export function filter(expression: Filtered, scope: Scope, written: Value): Value {
  const { operand, name, given } = expression;
  const value =
    operand === undefined
      ? written
      : operand.type === 'filter'
        ? filter(operand, scope, written)
        : evaluate(operand, scope);
  return CALLS.filter(name, value, argumentsOf(given, scope));
}

export function call(callee: Value, given: Arguments): Value {
  if (callee instanceof Undefined) callee.fail();
  const run = callee instanceof Structure ? callee.call : undefined;
  if (run === undefined) throw new TemplateError(`'${typeName(callee)}' object is not callable`);
  return run(given);
}

export function argumentsOf({ positional, named, list, dict }: GivenArguments, scope: Scope): Arguments {
  if (positional.length === 0 && named.length === 0 && list === undefined && dict === undefined) return NO_ARGUMENTS;
  const more = list === undefined ? [] : iterate(evaluate(list, scope));
  const values = [...positional.map((each) => evaluate(each, scope)), ...more];
  const byName = new Map<string, Value>();
  const add = (name: string, value: Value) => {
    if (byName.has(name)) throw new TemplateError(`got multiple values for keyword argument '${name}'`);
    byName.set(name, value);
  };
  for (const [name, value] of named) add(name, evaluate(value, scope));
  const others = dict === undefined ? new Map<Key, Value>() : evaluate(dict, scope);
  if (!isDict(others)) throw new TemplateError(`argument after ** must be a mapping, not ${typeName(others)}`);
  for (const [name, value] of others) add(String(name), value);
  return { positional: values, named: byName };
}

/** `a < b < c` is `a < b and b < c`. */
function compareAll(first: Value, others: readonly Comparison[], scope: Scope): boolean {
  let left = first;
  for (const { operator, operand } of others) {
    const right = evaluate(operand, scope);
    if (!holds(operator, left, right)) return false;
    left = right;
  }
  return true;
}

function holds(operator: Comparison['operator'], left: Value, right: Value): boolean {
  switch (operator) {
    case '==':
      return equals(left, right);
    case '!=':
      return !equals(left, right);
    case '<':
      return compare(left, right, operator) < 0;
    case '<=':
      return compare(left, right, operator) <= 0;
    case '>':
      return compare(left, right, operator) > 0;
    case '>=':
      return compare(left, right, operator) >= 0;
    case 'in':
      return contains(right, left);
    case 'not in':
      return !contains(right, left);
    default:
      return operator satisfies never;
  }
}

function concat(parts: readonly Expression[], scope: Scope): string {
  const text = parts.map((each) => str(evaluate(each, scope))).join('');
  checkLength(text.length);
  return text;
}
