import {
  DATATYPES,
  type Datatype,
  excerpt,
  invalidArgument,
  isDatatype,
  type MillraceError,
  type SharedMemoryRange,
} from '../../../core/index.js';
import { DELIMITED, type ProtoReader, VARINT } from '../../../protobuf/index.js';
import type { Named } from '../../shared/json/elements.js';
import { MAX_DIMENSION, MAX_RANK } from '../../shared/shape-limits.js';
import { inputLabel } from '../decode-input.js';
import { sharedMemoryParameter } from '../decode-parameters.js';
import { type ParameterMap, readParameter } from './decode-parameters.js';

/** An `InferInputTensor`; its `contents` stand in the message from `contentsStart` to `contentsEnd`, -1 = it has none. */
export interface InputDraft extends Named {
  readonly name: string;
  readonly datatype: Datatype;
  readonly shape: readonly number[];
  readonly contentsStart: number;
  readonly contentsEnd: number;
  /** Where its data lies if that is not in the message. */
  readonly sharedMemory: SharedMemoryRange | undefined;
}

/** What has been read of an input so far; its name may come last. */
class Draft implements InputDraft {
  readonly #index: number;
  name = '';
  /** FP32 until it is known. */
  datatype: Datatype = 'FP32';
  datatypeName = '';
  readonly shape: number[] = [];
  parameters: ParameterMap | undefined;
  contentsStart = -1;
  contentsEnd = -1;
  sharedMemory: SharedMemoryRange | undefined;

  constructor(index: number) {
    this.#index = index;
  }

  get label(): string {
    return this.name === '' ? `inputs[${this.#index}]` : inputLabel(this.name);
  }
}

/** Takes the element `index` of `inputs`. */
export function readInput(reader: ProtoReader, index: number): InputDraft {
  const draft = new Draft(index);
  const outer = reader.enter();
  for (let key = reader.key(); key !== 0; key = reader.key()) readField(reader, key, draft);
  reader.leave(outer);
  if (draft.name === '') throw refused(draft, "expected a 'name', got none");
  draft.datatype = checkDatatype(draft);
  if (draft.parameters !== undefined) draft.sharedMemory = sharedMemoryParameter(draft.parameters.values, draft);
  if (draft.sharedMemory !== undefined && draft.contentsEnd >= 0) {
    throw refused(draft, "expected either 'contents' or the parameter 'shared_memory_region', got both");
  }
  return draft;
}

function readField(reader: ProtoReader, key: number, draft: Draft): void {
  const field = key >>> 3;
  if (field > 5) {
    reader.skip(key);
    return;
  }
  if (field === 3 && (key & 7) === VARINT) {
    readDimension(reader, draft);
    return;
  }
  reader.expect(key, DELIMITED);
  switch (field) {
    case 1:
      draft.name = reader.name();
      break;
    case 2:
      draft.datatypeName = reader.name();
      break;
    case 3: {
      const outer = reader.enter();
      while (reader.pos < reader.end) readDimension(reader, draft);
      reader.leave(outer);
      break;
    }
    case 4:
      draft.parameters = readParameter(reader, draft, draft.parameters);
      break;
    default:
      if (draft.contentsEnd >= 0) throw refused(draft, "'contents' is given twice");
      draft.contentsEnd = reader.length() + reader.pos;
      draft.contentsStart = reader.pos;
      reader.pos = draft.contentsEnd;
  }
}

function readDimension(reader: ProtoReader, draft: Draft): void {
  const { shape } = draft;
  if (shape.length === MAX_RANK) throw refused(draft, `shape has more than ${MAX_RANK} dimensions`);
  const dimension = reader.int64();
  if (typeof dimension !== 'number' || dimension < 0 || dimension > MAX_DIMENSION) {
    throw refused(draft, `shape[${shape.length}]: expected an integer from 0 to ${MAX_DIMENSION}, got ${dimension}`);
  }
  shape.push(dimension);
}

function checkDatatype(draft: Draft): Datatype {
  const { datatypeName } = draft;
  if (isDatatype(datatypeName)) return datatypeName;
  if (datatypeName === '') throw refused(draft, "expected a 'datatype', got none");
  throw refused(draft, `'${excerpt(datatypeName)}' is not a datatype; expected one of ${DATATYPES.join(', ')}`);
}

function refused({ label }: Named, text: string): MillraceError {
  return invalidArgument(`${label}: ${text}`);
}
