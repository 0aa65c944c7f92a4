import { invalidArgument, type Signature, type Tensor } from '../../core/index.js';
import { decodeInstances } from '../shared/instances/decode.js';
import { CLOSE_BRACE, COLON, OPEN_BRACE, OPEN_BRACKET } from '../shared/json/bytes.js';
import { JsonCursor } from '../shared/json/cursor.js';
import { skipValue } from '../shared/json/skip.js';
import { readString } from '../shared/json/string.js';
import { isDataName } from './read-parts.js';

/** One row, whose answer is one value; rows, answered with a list; or rows in the envelope of KServe and others, whose answer has one, too. */
export type PredictionForm = 'one' | 'rows' | 'envelope';

export interface DecodedValue {
  readonly form: PredictionForm;
  readonly inputs: readonly Tensor[];
}

const ENVELOPES: ReadonlySet<string> = new Set(['instances', 'inputs']);

/**
 * The tensors of JSON: the value of the model's only input or, in an object, values by input name, `data` or `body` for the only one, or
 * `instances` as KServe has them. Whether a value is one row or several, its nesting tells. Throws `invalid_argument`.
 */
export function decodeJson(body: Uint8Array, signature: Signature): DecodedValue {
  const cursor = new JsonCursor(body, body.length);
  if (cursor.peek() !== OPEN_BRACE) return decodeBare(body, signature);
  const members = readMembers(cursor);
  const [first] = members;
  const named = (name: string) => signature.inputs.some((input) => input.name === name);
  if (members.some(({ name }) => ENVELOPES.has(name) && !named(name))) {
    return { form: 'envelope', inputs: decodeInstances(body, { signature }).inputs };
  }
  if (first === undefined) throw invalidArgument('request: expected a value, got an empty object');
  if (members.length === 1 && isDataName(first.name) && !named(first.name)) {
    return decodeBare(body.subarray(first.start, first.end), signature);
  }
  const wrapped = Buffer.concat([Buffer.from('{"inputs":'), body, Buffer.from('}')]);
  return withRows(decodeInstances(wrapped, { signature }).inputs, signature);
}

interface Member {
  readonly name: string;
  /** Where its value stands. */
  readonly start: number;
  readonly end: number;
}

function readMembers(cursor: JsonCursor): readonly Member[] {
  const members: Member[] = [];
  let more = cursor.enter(OPEN_BRACE, CLOSE_BRACE, 'an object');
  while (more) {
    const name = readString(cursor);
    cursor.expect(COLON, "':'");
    cursor.peek();
    const start = cursor.pos;
    skipValue(cursor);
    // Of many members, that there are some is enough.
    if (members.length < 2 || ENVELOPES.has(name)) members.push({ name, start, end: cursor.pos });
    more = cursor.next(CLOSE_BRACE);
  }
  if (cursor.peek() !== -1) throw cursor.unexpected('the end of the JSON');
  return members;
}

function decodeBare(value: Uint8Array, signature: Signature): DecodedValue {
  const isList = new JsonCursor(value, value.length).peek() === OPEN_BRACKET;
  const body = isList ? value : Buffer.concat([Buffer.from('{"inputs":'), value, Buffer.from('}')]);
  return withRows(decodeInstances(body, { signature, bare: true }).inputs, signature);
}

/** Values that have one dimension less than the model's are one row. */
function withRows(inputs: readonly Tensor[], signature: Signature): DecodedValue {
  let form: PredictionForm = 'one';
  const completed = inputs.map((input) => {
    const spec = signature.inputs.find(({ name }) => name === input.name);
    if (spec === undefined || spec.batchAxis === null) return input;
    if (input.shape.length === spec.shape.length - 1) return { ...input, shape: [1, ...input.shape] };
    form = 'rows';
    return input;
  });
  return { form, inputs: completed };
}
