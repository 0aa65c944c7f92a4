import { type Datatype, elementCount, isDatatype, MillraceError, type Parameters } from '../../core/index.js';
import { countParameter, readParameters } from './decode-parameters.js';
import { readShape } from './decode-shape.js';
import { CLOSE_BRACE, OPEN_BRACE } from './json/bytes.js';
import { excerpt, type JsonCursor } from './json/cursor.js';
import { keySet, readKey } from './json/key.js';
import { skipValue } from './json/skip.js';
import { readString } from './json/string.js';
import { readTensorData } from './json/tensor-data.js';

const KEYS = keySet('name', 'shape', 'datatype', 'parameters', 'data');

/** An element of `inputs`. */
export interface InputHead {
  /** `input 'x'`: how errors name it. */
  readonly label: string;
  readonly name: string;
  readonly datatype: Datatype;
  readonly shape: readonly number[];
  /** Its raw data from the JSON, or the number of bytes that follow the JSON for it. */
  readonly content: Uint8Array | number;
}

/** What has been read of an element of `inputs` so far. */
interface Draft {
  readonly index: number;
  name: string | undefined;
  shape: readonly number[] | undefined;
  datatype: Datatype | undefined;
  parameters: Parameters | undefined;
  /** Where the data stands. */
  data: number | undefined;
  /** The data, once shape and datatype were known. */
  bytes: Uint8Array | undefined;
}

/** Takes the element `index` of `inputs`. Its members may come in any order, each once; unknown ones are ignored. */
export function readInput(cursor: JsonCursor, index: number): InputHead {
  const draft: Draft = {
    index,
    name: undefined,
    shape: undefined,
    datatype: undefined,
    parameters: undefined,
    data: undefined,
    bytes: undefined,
  };
  let more = cursor.enter(OPEN_BRACE, CLOSE_BRACE, `an object for inputs[${index}]`);
  while (more) {
    readMember(cursor, draft);
    more = cursor.next(CLOSE_BRACE);
  }
  return finish(cursor, draft);
}

function readMember(cursor: JsonCursor, draft: Draft): void {
  const key = readKey(cursor, KEYS);
  if (key === undefined) {
    skipValue(cursor);
    return;
  }
  if (draft[key] !== undefined) throw refused(draft, `'${key}' is given twice`);
  switch (key) {
    case 'name':
      draft.name = readString(cursor, `a string for the name of inputs[${draft.index}]`);
      break;
    case 'shape':
      draft.shape = readShape(cursor, labelOf(draft));
      break;
    case 'datatype':
      draft.datatype = readDatatype(cursor, draft);
      break;
    case 'parameters':
      draft.parameters = readParameters(cursor, labelOf(draft));
      break;
    case 'data':
      cursor.peek();
      draft.data = cursor.pos;
      if (draft.shape !== undefined && draft.datatype !== undefined) {
        draft.bytes = readData(cursor, draft, { shape: draft.shape, datatype: draft.datatype });
      } else {
        skipValue(cursor);
      }
      break;
    default:
      key satisfies never;
  }
}

function readDatatype(cursor: JsonCursor, draft: Draft): Datatype {
  const datatype = readString(cursor, `a string for the datatype of ${labelOf(draft)}`);
  if (!isDatatype(datatype)) throw refused(draft, `unknown datatype '${excerpt(datatype)}'`);
  return datatype;
}

function readData(
  cursor: JsonCursor,
  draft: Draft,
  type: { readonly shape: readonly number[]; readonly datatype: Datatype },
): Uint8Array {
  const { shape, datatype } = type;
  return readTensorData(cursor, { label: labelOf(draft), datatype, shape, count: elementCount(shape) });
}

function finish(cursor: JsonCursor, draft: Draft): InputHead {
  const { name, shape, datatype, parameters, data } = draft;
  if (name === undefined) throw refused(draft, "expected a 'name', got none");
  if (shape === undefined) throw refused(draft, "expected a 'shape', got none");
  if (datatype === undefined) throw refused(draft, "expected a 'datatype', got none");
  const label = labelOf(draft);
  const binarySizeBytes = parameters === undefined ? undefined : countParameter(parameters, 'binary_data_size', label);
  if (parameters?.shared_memory_region !== undefined) {
    throw new MillraceError('unimplemented', `${label}: shared memory is not supported; send data or binary_data_size`);
  }
  if ((data === undefined) === (binarySizeBytes === undefined)) {
    const got = data === undefined ? 'neither' : 'both';
    throw refused(draft, `expected either 'data' or the parameter 'binary_data_size', got ${got}`);
  }
  if (binarySizeBytes !== undefined) return { label, name, datatype, shape, content: binarySizeBytes };
  if (draft.bytes !== undefined) return { label, name, datatype, shape, content: draft.bytes };
  const end = cursor.pos;
  cursor.pos = data as number;
  const content = readData(cursor, draft, { shape, datatype });
  cursor.pos = end;
  return { label, name, datatype, shape, content };
}

function labelOf(draft: Draft): string {
  return draft.name === undefined ? `inputs[${draft.index}]` : `input '${excerpt(draft.name)}'`;
}

function refused(draft: Draft, text: string): MillraceError {
  return new MillraceError('invalid_argument', `${labelOf(draft)}: ${text}`);
}
