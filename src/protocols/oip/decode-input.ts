import {
  DATATYPES,
  type Datatype,
  elementCount,
  excerpt,
  invalidArgument,
  type MillraceError,
  type Parameters,
  type SharedMemoryRange,
} from '../../core/index.js';
import { CLOSE_BRACE, OPEN_BRACE } from '../shared/json/bytes.js';
import type { JsonCursor } from '../shared/json/cursor.js';
import type { Named } from '../shared/json/elements.js';
import { skipUnchecked, skipValue } from '../shared/json/skip.js';
import { readString } from '../shared/json/string.js';
import { readTensorData } from '../shared/json/tensor-data.js';
import { readMemberName, readWord, wordSet } from '../shared/json/words.js';
import { countParameter, readParameters, sharedMemoryParameter } from './decode-parameters.js';
import { readShape } from './decode-shape.js';

const MEMBERS = wordSet('name', 'shape', 'datatype', 'parameters', 'data');
/** Searched in this order: the most common one first. */
const DATATYPE_NAMES = wordSet<Datatype>('FP32', ...DATATYPES);

/** An element of `inputs`: a tensor, or one whose data is that many bytes behind the JSON, or in shared memory. */
export interface InputHead {
  readonly name: string;
  readonly datatype: Datatype;
  readonly shape: readonly number[];
  readonly content: Uint8Array | number | SharedMemoryRange;
}

/** Takes the element `index` of `inputs`. Its members may come in any order, each once; unknown ones are ignored. */
export function readInput(cursor: JsonCursor, index: number): InputHead {
  const draft = new InputDraft(index);
  let more = cursor.enter(OPEN_BRACE, CLOSE_BRACE, 'an object');
  while (more) {
    readMember(cursor, draft);
    more = cursor.next(CLOSE_BRACE);
  }
  return finish(cursor, draft);
}

/** How errors name an input. */
export function inputLabel(name: string): string {
  return `input '${excerpt(name)}'`;
}

/** What has been read of an input so far; its name may come last. */
class InputDraft implements Named {
  readonly index: number;
  name: string | undefined;
  shape: readonly number[] | undefined;
  datatype: Datatype | undefined;
  parameters: Parameters | undefined;
  /** Where the data stands. */
  data: number | undefined;
  /** The data, if shape and datatype stand before it. */
  content: Uint8Array | undefined;

  constructor(index: number) {
    this.index = index;
  }

  get label(): string {
    return this.name === undefined ? `inputs[${this.index}]` : inputLabel(this.name);
  }
}

function readMember(cursor: JsonCursor, draft: InputDraft): void {
  const member = readMemberName(cursor, MEMBERS);
  if (member !== undefined && draft[member] !== undefined) throw refused(draft, `'${member}' is given twice`);
  switch (member) {
    case 'name':
      draft.name = readString(cursor);
      break;
    case 'shape':
      draft.shape = readShape(cursor, draft);
      break;
    case 'datatype':
      draft.datatype = readDatatype(cursor, draft);
      break;
    case 'parameters':
      draft.parameters = cursor.take('null') ? undefined : readParameters(cursor, draft);
      break;
    case 'data':
      cursor.peek();
      draft.data = cursor.pos;
      if (draft.shape === undefined || draft.datatype === undefined) skipUnchecked(cursor);
      else draft.content = readData(cursor, draft, { shape: draft.shape, datatype: draft.datatype });
      break;
    case undefined:
      skipValue(cursor);
      break;
    default:
      member satisfies never;
  }
}

function readDatatype(cursor: JsonCursor, draft: InputDraft): Datatype {
  cursor.peek();
  const start = cursor.pos;
  const datatype = readWord(cursor, DATATYPE_NAMES);
  if (datatype !== undefined) return datatype;
  cursor.pos = start;
  throw refused(draft, `'${excerpt(readString(cursor))}' is not a datatype; expected one of ${DATATYPES.join(', ')}`);
}

function readData(
  cursor: JsonCursor,
  draft: InputDraft,
  type: { readonly shape: readonly number[]; readonly datatype: Datatype },
): Uint8Array {
  const { shape, datatype } = type;
  return readTensorData(cursor, { tensor: draft, datatype, shape, count: elementCount(shape) });
}

function finish(cursor: JsonCursor, draft: InputDraft): InputHead {
  const { name, shape, datatype, parameters, data } = draft;
  if (name === undefined) throw refused(draft, "expected a 'name', got none");
  if (shape === undefined) throw refused(draft, "expected a 'shape', got none");
  if (datatype === undefined) throw refused(draft, "expected a 'datatype', got none");
  if (draft.content !== undefined && parameters === undefined) return { name, datatype, shape, content: draft.content };
  const binarySizeBytes = parameters && countParameter(parameters, 'binary_data_size', draft);
  const range = parameters && sharedMemoryParameter(parameters, draft);
  const sources = Number(data !== undefined) + Number(binarySizeBytes !== undefined) + Number(range !== undefined);
  if (sources !== 1)
    throw wrongSources({ data, binary_data_size: binarySizeBytes, shared_memory_region: range }, draft);
  let content = range ?? binarySizeBytes ?? draft.content;
  if (content === undefined) {
    const end = cursor.pos;
    cursor.pos = data as number;
    content = readData(cursor, draft, { shape, datatype });
    cursor.pos = end;
  }
  return { name, datatype, shape, content };
}

function wrongSources(sources: Readonly<Record<string, unknown>>, draft: InputDraft): MillraceError {
  const given = Object.keys(sources).filter((name) => sources[name] !== undefined);
  const got = given.length === 0 ? 'none of them' : given.map((name) => `'${name}'`).join(' and ');
  return refused(
    draft,
    `expected either 'data' or one of the parameters 'binary_data_size' and 'shared_memory_region', got ${got}`,
  );
}

function refused(draft: InputDraft, text: string): MillraceError {
  return invalidArgument(`${draft.label}: ${text}`);
}
