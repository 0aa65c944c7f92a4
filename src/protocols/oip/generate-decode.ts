import {
  elementCount,
  excerpt,
  formatElementCount,
  type InferRequest,
  invalidArgument,
  type MillraceError,
  type Parameters,
  type ParameterValue,
  type Signature,
  type Tensor,
  type TensorSpec,
} from '../../core/index.js';
import { CLOSE_BRACE, COLON, OPEN_BRACE } from '../shared/json/bytes.js';
import { JsonCursor } from '../shared/json/cursor.js';
import { readFlatData } from '../shared/json/flat-data.js';
import { readString } from '../shared/json/string.js';
import type { WireRequest } from '../wire.js';
import { inputLabel } from './decode-input.js';
import { MAX_PARAMETERS, readParameter } from './decode-parameters.js';
import { toRequestParameters } from './decode-request-parameters.js';

/** What the members of a request's JSON were found to be. */
interface Draft {
  readonly specs: readonly TensorSpec[];
  readonly inputs: Map<string, Tensor>;
  readonly parameters: Record<string, ParameterValue>;
  parameterCount: number;
  id: string | undefined;
}

/**
 * The request behind the JSON of a generate route, by the model's signature: members named like inputs are their values,
 * single or in one flat array; `id` and `parameters` are what they are for infer; all others are parameters, too.
 * Throws `invalid_argument`.
 */
export function decodeGenerate(wire: WireRequest, signature: Signature): InferRequest {
  const cursor = new JsonCursor(wire.body, wire.body.length);
  const draft: Draft = {
    specs: signature.inputs,
    inputs: new Map(),
    parameters: Object.create(null),
    parameterCount: 0,
    id: undefined,
  };
  let hasParameters = false;
  let more = cursor.enter(OPEN_BRACE, CLOSE_BRACE, 'an object');
  while (more) {
    const name = readName(cursor);
    if (name === 'id') {
      if (draft.id !== undefined) throw refused("'id' is given twice");
      draft.id = cursor.take('null') ? undefined : readString(cursor);
    } else if (name === 'parameters') {
      if (hasParameters) throw refused("'parameters' is given twice");
      hasParameters = true;
      if (!cursor.take('null')) readMembers(cursor, draft);
    } else {
      readMember(cursor, draft, name);
    }
    more = cursor.next(CLOSE_BRACE);
  }
  if (cursor.peek() !== -1) throw cursor.unexpected('the end of the JSON');
  return toRequest(draft);
}

/** Inside `parameters` names mean what they do beside it: so does Triton take the options of a language model. */
function readMembers(cursor: JsonCursor, draft: Draft): void {
  let more = cursor.enter(OPEN_BRACE, CLOSE_BRACE, 'an object');
  while (more) {
    readMember(cursor, draft, readName(cursor));
    more = cursor.next(CLOSE_BRACE);
  }
}

function readName(cursor: JsonCursor): string {
  const name = readString(cursor);
  cursor.expect(COLON, "':'");
  return name;
}

/** An input or a parameter, each at most once; `null` for an input means that it is not given. */
function readMember(cursor: JsonCursor, draft: Draft, name: string): void {
  const spec = draft.specs.find((input) => input.name === name);
  if (draft.inputs.has(name) || name in draft.parameters) throw refused(`'${excerpt(name)}' is given twice`);
  if (spec !== undefined) {
    if (!cursor.take('null')) draft.inputs.set(name, readInput(cursor, spec));
    return;
  }
  if (++draft.parameterCount > MAX_PARAMETERS) throw refused(`expected at most ${MAX_PARAMETERS} parameters, got more`);
  draft.parameters[name] = readParameter(cursor, name, { label: 'request' });
}

function readInput(cursor: JsonCursor, spec: TensorSpec): Tensor {
  const { name, datatype } = spec;
  const { data, count } = readFlatData(cursor, { datatype, tensor: { label: inputLabel(name) } });
  return { name, datatype, shape: shapeOf(spec, count), data };
}

/**
 * The shape for `count` elements: what is left for the one variable dimension. Of two that are variable the batch counts
 * one row: several rows of differing length could not be told apart.
 */
function shapeOf(spec: TensorSpec, count: number): readonly number[] {
  const variable = spec.shape.flatMap((size, axis) => (size < 0 ? [axis] : []));
  const rowsFirst = variable.length === 2 && spec.batchAxis === 0;
  if (variable.length > (rowsFirst ? 2 : 1)) {
    throw invalidArgument(
      `${inputLabel(spec.name)}: shape [${spec.shape}] has several variable dimensions, which generate cannot tell apart; use infer`,
    );
  }
  const filled = variable.at(-1);
  const others = elementCount(spec.shape.map((size) => (size < 0 ? 1 : size)));
  const size = filled === undefined ? 1 : count / others;
  if (size * others !== count || !Number.isInteger(size)) {
    const expected = filled === undefined ? formatElementCount(others) : `a multiple of ${others} elements`;
    throw invalidArgument(`${inputLabel(spec.name)}: expected ${expected} for shape [${spec.shape}], got ${count}`);
  }
  return spec.shape.map((fixed, axis) => (axis === filled ? size : Math.max(fixed, fixed < 0 ? 1 : 0)));
}

function toRequest(draft: Draft): InferRequest {
  const parameters = toRequestParameters(draft.parameters satisfies Parameters);
  return {
    id: draft.id ?? '',
    inputs: [...draft.inputs.values()],
    outputs: undefined,
    parameters: parameters.rest,
    priority: parameters.priority,
    queueTimeoutMs: parameters.queueTimeoutMs,
    sequence: parameters.sequence,
  };
}

function refused(text: string): MillraceError {
  return invalidArgument(`request: ${text}`);
}
