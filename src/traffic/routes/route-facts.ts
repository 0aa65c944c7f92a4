import {
  type CallContext,
  decodeElements,
  elementCount,
  type InferRequest,
  ownValue,
  type ParameterValue,
  type Tensor,
} from '../../core/index.js';
import { parametersOfRequest } from '../../generation/index.js';
import { MAX_RULE_ELEMENTS, type Rule, type RuleFacts } from '../../routing/index.js';
import { textOf } from './route-key.js';

const NOTHING: Readonly<Record<string, never>> = Object.freeze({});

/** The facts about a call and its request that a rule uses, and no others. */
export function factsFor({ uses }: Rule, call: CallContext, request: InferRequest | undefined): RuleFacts {
  return {
    principal: call.principal.name,
    headers: pick(uses.headers, (name) => textOf(ownValue(call.metadata, name))),
    parameters:
      request === undefined || uses.parameters.length === 0 ? NOTHING : parameterFacts(uses.parameters, request),
    inputs: request === undefined ? NOTHING : pick(uses.inputs, (name) => elementsOf(request.inputs, name)),
  };
}

function parameterFacts(names: readonly string[], request: InferRequest): RuleFacts['parameters'] {
  const parameters = parametersOfRequest(request);
  return pick(names, (name) => celValue(ownValue(parameters, name)));
}

function pick<Value>(
  names: readonly string[],
  read: (name: string) => Value | undefined,
): Readonly<Record<string, Value>> {
  if (names.length === 0) return NOTHING;
  const found: Record<string, Value> = Object.create(null);
  for (const name of names) {
    const value = read(name);
    if (value !== undefined) found[name] = value;
  }
  return found;
}

/** JSON has no integers of its own; CEL has, and compares them with numbers of any kind. */
function celValue(value: ParameterValue | undefined): ParameterValue | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) ? BigInt(value) : value;
}

/** Undefined where there is no such input, or more of it than rules see. */
function elementsOf(inputs: readonly Tensor[], name: string): readonly unknown[] | undefined {
  const input = inputs.find((candidate) => candidate.name === name);
  if (input === undefined || elementCount(input.shape) > MAX_RULE_ELEMENTS) return undefined;
  const { datatype } = input;
  const elements = Array.from<unknown>(decodeElements(input) as ArrayLike<unknown>);
  if (datatype === 'BOOL') return elements.map((element) => element === 1);
  if (datatype.includes('INT')) return elements.map((element) => BigInt(element as number | bigint));
  return elements;
}
