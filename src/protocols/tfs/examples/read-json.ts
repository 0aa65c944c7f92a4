import { invalidArgument, type Signature, type Tensor } from '../../../core/index.js';
import { readBase64 } from '../../shared/instances/base64.js';
import { CLOSE_BRACE, CLOSE_BRACKET, COLON, OPEN_BRACE, OPEN_BRACKET, QUOTE } from '../../shared/json/bytes.js';
import { JsonCursor } from '../../shared/json/cursor.js';
import { parseNumber, readNumberText } from '../../shared/json/number.js';
import { skipValue } from '../../shared/json/skip.js';
import { readString } from '../../shared/json/string.js';
import { readMemberName, wordSet } from '../../shared/json/words.js';
import { ExampleTable } from './example-table.js';
import type { FeatureColumn, FeatureValue } from './feature-column.js';

export interface DecodedExamples {
  readonly inputs: readonly Tensor[];
  readonly signatureName: string | undefined;
}

const MEMBERS = wordSet('signature_name', 'context', 'examples');
const INTEGER = /^-?\d+$/;

/** Where the members of the request stand; undefined = not there. */
interface Places {
  signature_name: number | undefined;
  context: number | undefined;
  examples: number | undefined;
}

/**
 * The inputs in a request to classify or regress: `{"signature_name"?, "context"?, "examples": […]}`, in which an example is an object
 * of features, each a value or a list of them. Throws `invalid_argument`.
 */
export function decodeExamples(body: Uint8Array, signature: Signature): DecodedExamples {
  const cursor = new JsonCursor(body, body.length);
  const places = readPlaces(cursor);
  if (places.examples === undefined) throw invalidArgument("request: expected 'examples', got none");
  let signatureName: string | undefined;
  if (places.signature_name !== undefined) {
    cursor.pos = places.signature_name;
    if (cursor.peek() !== QUOTE) {
      throw invalidArgument(`request: expected 'signature_name' to be a string, got ${cursor.describe()}`);
    }
    signatureName = readString(cursor);
  }
  let context: ExampleTable | undefined;
  if (places.context !== undefined) {
    context = new ExampleTable(signature);
    cursor.pos = places.context;
    readFeatures(cursor, context, 'context');
  }
  const table = new ExampleTable(signature, context);
  cursor.pos = places.examples;
  readExamples(cursor, table);
  return { inputs: table.finish(), signatureName };
}

function readPlaces(cursor: JsonCursor): Places {
  const places: Places = { signature_name: undefined, context: undefined, examples: undefined };
  let more = cursor.enter(OPEN_BRACE, CLOSE_BRACE, 'an object');
  while (more) {
    const member = readMemberName(cursor, MEMBERS);
    cursor.peek();
    if (member !== undefined) {
      if (places[member] !== undefined) throw invalidArgument(`request: '${member}' is given twice`);
      places[member] = cursor.pos;
    }
    skipValue(cursor);
    more = cursor.next(CLOSE_BRACE);
  }
  if (cursor.peek() !== -1) throw cursor.unexpected('the end of the JSON');
  return places;
}

function readExamples(cursor: JsonCursor, table: ExampleTable): void {
  if (cursor.peek() !== OPEN_BRACKET) {
    throw invalidArgument(`request: expected 'examples' to be an array, got ${cursor.describe()}`);
  }
  let more = cursor.enter(OPEN_BRACKET, CLOSE_BRACKET, 'an array');
  for (let index = 0; more; index++) {
    readFeatures(cursor, table, `examples[${index}]`);
    table.endExample();
    more = cursor.next(CLOSE_BRACKET);
  }
}

function readFeatures(cursor: JsonCursor, table: ExampleTable, place: string): void {
  if (cursor.peek() !== OPEN_BRACE) {
    throw invalidArgument(`${place}: expected an object of features, got ${cursor.describe()}`);
  }
  let more = cursor.enter(OPEN_BRACE, CLOSE_BRACE, 'an object');
  while (more) {
    const column = table.open(readString(cursor));
    cursor.expect(COLON, "':'");
    if (column === undefined) {
      skipValue(cursor);
    } else {
      readValues(cursor, column);
      table.close(column);
    }
    more = cursor.next(CLOSE_BRACE);
  }
}

function readValues(cursor: JsonCursor, column: FeatureColumn): void {
  if (cursor.peek() !== OPEN_BRACKET) {
    column.push(readValue(cursor, column));
    return;
  }
  let more = cursor.enter(OPEN_BRACKET, CLOSE_BRACKET, 'an array');
  while (more) {
    column.push(readValue(cursor, column));
    more = cursor.next(CLOSE_BRACKET);
  }
}

function readValue(cursor: JsonCursor, { label }: FeatureColumn): FeatureValue {
  const first = cursor.peek();
  if (first === QUOTE) return Buffer.from(readString(cursor));
  if (first === OPEN_BRACE) return decodeBase64(cursor, label);
  if (cursor.take('true')) return 1;
  if (cursor.take('false')) return 0;
  if (first === OPEN_BRACKET || cursor.startsWith('null')) {
    throw invalidArgument(`${label} at byte ${cursor.pos}: expected a value, got ${cursor.describe()}`);
  }
  const text = readNumberText(cursor);
  const number = parseNumber(text);
  return INTEGER.test(text) && !Number.isSafeInteger(number) ? BigInt(text) : number;
}

function decodeBase64(cursor: JsonCursor, label: string): Uint8Array {
  const { text, sizeBytes, at } = readBase64(cursor);
  const bytes = Buffer.from(text, 'base64');
  if (bytes.length === sizeBytes) return bytes;
  throw invalidArgument(`${label} at byte ${at}: expected base64 in "b64", got a string`);
}
