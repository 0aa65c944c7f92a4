import { formatPercent } from './percent-format.js';
import { checkLength, escapeHtml, repeat } from './text.js';
import {
  Float,
  isList,
  Markup,
  numberOf,
  TemplateError,
  Tuple,
  textOf,
  typeName,
  Undefined,
  type Value,
} from './values.js';

export type Operator = '+' | '-' | '*' | '/' | '//' | '%' | '**';

/** Throws for values that Python does not compute with, and for integers that a double does not hold. */
export function calculate(operator: Operator, left: Value, right: Value): Value {
  if (left instanceof Undefined) left.fail();
  const text = textOf(left);
  // A text formats what is missing as nothing.
  if (operator === '%' && text !== undefined) return formatPercent(text, right);
  if (right instanceof Undefined) right.fail();
  const [number, other] = [numberOf(left), numberOf(right)];
  if (number !== undefined && other !== undefined) {
    const isFloat = left instanceof Float || right instanceof Float;
    return calculateNumbers(operator, { left: number, right: other, isFloat });
  }
  const made = operator === '+' ? join(left, right) : operator === '*' ? multiply(left, right) : undefined;
  if (made !== undefined) return made;
  throw new TemplateError(`unsupported operand type(s) for ${operator}: '${typeName(left)}' and '${typeName(right)}'`);
}

function join(left: Value, right: Value): Value | undefined {
  const [text, other] = [textOf(left), textOf(right)];
  if (text !== undefined && other !== undefined) {
    checkLength(text.length + other.length);
    if (typeof left === 'string' && typeof right === 'string') return left + right;
    const escaped = (value: Value, plain: string) => (value instanceof Markup ? plain : escapeHtml(plain));
    return new Markup(escaped(left, text) + escaped(right, other));
  }
  if (isList(left) && isList(right)) return [...left, ...right];
  return left instanceof Tuple && right instanceof Tuple ? new Tuple([...left.items, ...right.items]) : undefined;
}

function multiply(left: Value, right: Value): Value | undefined {
  const isCount = typeof right === 'number' || typeof right === 'boolean';
  if (!isCount) return typeof left === 'number' || typeof left === 'boolean' ? flipped(left, right) : undefined;
  const times = Math.max(0, Number(right));
  if (typeof left === 'string') return repeat(left, times);
  if (left instanceof Markup) return new Markup(repeat(left.text, times));
  const items = isList(left) ? left : left instanceof Tuple ? left.items : undefined;
  if (items === undefined) return undefined;
  checkLength(items.length * times);
  const repeated = Array.from({ length: items.length * times }, (_, at) => items[at % items.length] as Value);
  return isList(left) ? repeated : new Tuple(repeated);
}

function flipped(count: Value, value: Value): Value | undefined {
  return numberOf(value) === undefined ? multiply(value, count) : undefined;
}

interface Operands {
  readonly left: number;
  readonly right: number;
  readonly isFloat: boolean;
}

function calculateNumbers(operator: Operator, { left, right, isFloat }: Operands): Value {
  if (right === 0 && (operator === '/' || operator === '//' || operator === '%')) {
    throw new TemplateError('division by zero');
  }
  const number = (value: number) => (isFloat ? new Float(value) : integer(value));
  switch (operator) {
    case '+':
      return number(left + right);
    case '-':
      return number(left - right);
    case '*':
      return number(left * right);
    case '/':
      return new Float(left / right);
    case '//':
      return number(Math.floor(left / right));
    case '%':
      return number(modulo(left, right));
    case '**':
      return right < 0 ? power(left, right) : number(left ** right);
    default:
      return operator satisfies never;
  }
}

function power(left: number, right: number): Float {
  if (left === 0) throw new TemplateError('0.0 cannot be raised to a negative power');
  return new Float(left ** right);
}

/** It has the sign of the divisor. */
function modulo(left: number, right: number): number {
  const rest = left % right;
  return rest !== 0 && rest < 0 !== right < 0 ? rest + right : rest;
}

/** Throws for an integer that a double does not hold. */
export function integer(value: number): number {
  if (Number.isSafeInteger(value)) return value === 0 ? 0 : value;
  throw new TemplateError(`integers beyond 2^53 are not supported, got ${value}`);
}

/** `-value` and `+value`. */
export function sign(operator: '+' | '-', value: Value): Value {
  if (value instanceof Undefined) value.fail();
  const number = numberOf(value);
  if (number === undefined) throw new TemplateError(`bad operand type for unary ${operator}: '${typeName(value)}'`);
  const signed = operator === '-' ? -number : number;
  return value instanceof Float ? new Float(signed) : integer(signed);
}
