import {
  excerpt,
  invalidArgument,
  isRateInput,
  type MillraceError,
  type Signature,
  type Tensor,
  type TensorSpec,
} from '../../../core/index.js';
import { CLOSE_BRACE, CLOSE_BRACKET, COLON, isSpace, OPEN_BRACE, OPEN_BRACKET, QUOTE } from '../json/bytes.js';
import { JsonCursor } from '../json/cursor.js';
import { skipValue } from '../json/skip.js';
import { readMemberName, type WordSet, wordSet } from '../json/words.js';
import { LongFloats } from './element-store.js';
import { NamedInputs } from './named-inputs.js';
import { TensorSink } from './tensor-sink.js';

/** `row`: `instances`, a list of values or of objects of them; `column`: `inputs`, one value or an object of them. */
export type InstancesFormat = 'row' | 'column';

export interface DecodedInstances {
  readonly format: InstancesFormat;
  readonly inputs: readonly Tensor[];
  /** The members that were asked for and are there, as `JSON.parse` gives them. */
  readonly members: Readonly<Record<string, unknown>>;
}

export interface DecodeInstancesOptions {
  /** Of the model: it says what datatype each input has. */
  readonly signature: Signature;
  /** Further members of the request that the caller wants to know of; others are ignored. The same list each time. Default: none. */
  readonly members?: readonly string[];
  /** The body may be the list of instances itself. Default: false. */
  readonly bare?: boolean;
}

const B64 = '"b64"';
const ROW = 'instances';
const COLUMN = 'inputs';

/**
 * The tensors of a request in TensorFlow Serving's JSON: `{"instances": […]}` in row format or `{"inputs": …}` in column format, read
 * straight into the raw encoding of the signature's datatypes. Names and datatypes are checked, and that nothing is ragged; shapes are
 * those of the text. Bytes of the body that end an element are changed for as long as it is read. Throws `invalid_argument`.
 */
export function decodeInstances(body: Uint8Array, options: DecodeInstancesOptions): DecodedInstances {
  const cursor = new JsonCursor(body, body.length);
  const { signature, members: wanted = NO_MEMBERS } = options;
  const draft: Draft = { signature, longFloats: new LongFloats(), format: undefined, inputs: [], members: {} };
  if (options.bare === true && cursor.peek() === OPEN_BRACKET) {
    readRows(cursor, draft);
  } else {
    const known = membersOf(wanted);
    let more = cursor.enter(OPEN_BRACE, CLOSE_BRACE, 'an object');
    while (more) {
      readMember(cursor, draft, known);
      more = cursor.next(CLOSE_BRACE);
    }
  }
  if (cursor.peek() !== -1) throw cursor.unexpected('the end of the JSON');
  const { format, inputs, members } = draft;
  if (format === undefined) throw refused(`expected '${ROW}' or '${COLUMN}', got neither`);
  return { format, inputs, members };
}

const NO_MEMBERS: readonly string[] = [];
const MEMBERS = new WeakMap<readonly string[], WordSet<string>>();

function membersOf(wanted: readonly string[]): WordSet<string> {
  let members = MEMBERS.get(wanted);
  if (members === undefined) {
    members = wordSet(ROW, COLUMN, ...wanted);
    MEMBERS.set(wanted, members);
  }
  return members;
}

interface Draft {
  readonly signature: Signature;
  readonly longFloats: LongFloats;
  format: InstancesFormat | undefined;
  inputs: readonly Tensor[];
  readonly members: Record<string, unknown>;
}

function readMember(cursor: JsonCursor, draft: Draft, known: WordSet<string>): void {
  const member = readMemberName(cursor, known);
  switch (member) {
    case undefined:
      skipValue(cursor);
      break;
    case ROW:
    case COLUMN: {
      const format = member === ROW ? 'row' : 'column';
      if (draft.format === format) throw refused(`'${member}' is given twice`);
      if (draft.format !== undefined) throw refused(`expected either '${ROW}' or '${COLUMN}', got both`);
      if (format === 'row') readRows(cursor, draft);
      else readColumns(cursor, draft);
      break;
    }
    default:
      if (Object.hasOwn(draft.members, member)) throw refused(`'${member}' is given twice`);
      // As an own property, whatever its name.
      Object.defineProperty(draft.members, member, { value: readAny(cursor), enumerable: true });
  }
}

function readAny(cursor: JsonCursor): unknown {
  cursor.peek();
  const start = cursor.pos;
  skipValue(cursor);
  try {
    return JSON.parse(cursor.bytes.toString('utf8', start, cursor.pos));
  } catch {
    throw cursor.unexpected('JSON without NaN and Infinity', start);
  }
}

function readRows(cursor: JsonCursor, draft: Draft): void {
  draft.format = 'row';
  if (cursor.peek() !== OPEN_BRACKET) throw refused(`expected '${ROW}' to be an array, got ${cursor.describe()}`);
  const start = cursor.pos;
  if (!cursor.enter(OPEN_BRACKET, CLOSE_BRACKET, 'an array')) {
    throw refused(`expected '${ROW}' to have at least 1 element, got none`);
  }
  if (startsNamed(cursor)) {
    draft.inputs = readNamedRows(cursor, draft);
    return;
  }
  cursor.pos = start;
  const sink = new TensorSink(onlyInput(draft.signature, ROW), cursor, draft.longFloats);
  sink.take(cursor, 0);
  draft.inputs = [sink.finish()];
}

function readColumns(cursor: JsonCursor, draft: Draft): void {
  draft.format = 'column';
  if (!startsNamed(cursor)) {
    const sink = new TensorSink(onlyInput(draft.signature, COLUMN), cursor, draft.longFloats);
    sink.take(cursor, 0);
    draft.inputs = [sink.finish()];
    return;
  }
  const sinks = new NamedInputs(cursor, { ...draft, placeOf: () => COLUMN });
  sinks.takeRow(0, 0);
  draft.inputs = sinks.all.map((sink) => sink.finish());
}

function readNamedRows(cursor: JsonCursor, draft: Draft): readonly Tensor[] {
  const placeOf = (row: number) => `${ROW}[${row}]`;
  const sinks = new NamedInputs(cursor, { ...draft, placeOf });
  let rows = 0;
  do {
    if (!startsNamed(cursor)) {
      throw refused(
        `${placeOf(rows)}: expected an object with the inputs by name, as in ${ROW}[0], got ${cursor.describe()}`,
      );
    }
    sinks.takeRow(rows++, 1);
  } while (cursor.next(CLOSE_BRACKET));
  return sinks.all.map((sink) => sink.finish(rows));
}

/** Whether an object comes next that names inputs, and is not the base64 of one value. */
function startsNamed(cursor: JsonCursor): boolean {
  if (cursor.peek() !== OPEN_BRACE) return false;
  let pos = skipSpace(cursor, cursor.pos + 1);
  if (!cursor.startsWith(B64, pos)) return true;
  pos = skipSpace(cursor, pos + B64.length);
  if (cursor.bytes[pos] !== COLON) return true;
  return cursor.bytes[skipSpace(cursor, pos + 1)] !== QUOTE;
}

function skipSpace({ bytes, end }: JsonCursor, from: number): number {
  let pos = from;
  while (pos < end && isSpace(bytes[pos] as number)) pos++;
  return pos;
}

/** The input that values without a name are for: the only one, or the only one that must be given. */
function onlyInput(signature: Signature, member: string): TensorSpec {
  const { inputs } = signature;
  const isGiven = ({ name, optional }: TensorSpec) => !optional && !isRateInput(signature, name);
  const [only, another] = inputs.length === 1 ? inputs : inputs.filter(isGiven);
  if (only !== undefined && another === undefined) return only;
  const names = inputs.map(({ name }) => `'${excerpt(name)}'`).join(', ');
  throw refused(
    `expected '${member}' to name the inputs of the model, which are ${names || 'none'}, got values without names`,
  );
}

function refused(text: string): MillraceError {
  return invalidArgument(`request: ${text}`);
}
