import { invalidArgument, type Signature, type Tensor } from '../../../core/index.js';
import { DELIMITED, FIXED32, ProtoReader, VARINT } from '../../../protobuf/index.js';
import { ExampleTable } from './example-table.js';
import type { FeatureColumn } from './feature-column.js';

/** `input` of the requests that carry examples. */
export const INPUT_FIELD = 2;
const WITH_CONTEXT = 2;

/** The inputs in the `input` of a request to classify or regress, which are examples. Throws `invalid_argument`. */
export function decodeInput(message: Uint8Array, signature: Signature): readonly Tensor[] {
  const reader = new ProtoReader(message);
  let table: ExampleTable | undefined;
  for (let key = reader.key(); key !== 0; key = reader.key()) {
    if (key >>> 3 !== INPUT_FIELD) {
      reader.skip(key);
      continue;
    }
    reader.expect(key, DELIMITED);
    inside(reader, () => {
      for (let kind = reader.delimitedField(WITH_CONTEXT); kind !== 0; kind = reader.delimitedField(WITH_CONTEXT)) {
        table = readList(reader, signature, kind === WITH_CONTEXT);
      }
    });
  }
  // TypeScript does not see that the function above is called.
  const read = table as ExampleTable | undefined;
  if (read === undefined) throw invalidArgument('request: expected examples, got none');
  return read.finish();
}

/** Runs `work` on a nested message. */
function inside<Result>(reader: ProtoReader, work: () => Result): Result {
  const outer = reader.enter();
  const result = work();
  reader.leave(outer);
  return result;
}

/** An `ExampleList` or `ExampleListWithContext`; the context may come last. */
function readList(reader: ProtoReader, signature: Signature, withContext: boolean): ExampleTable {
  return inside(reader, () => {
    const { pos } = reader;
    let context: ExampleTable | undefined;
    if (withContext) {
      const found = new ExampleTable(signature);
      readFieldOf(reader, 2, () => readExample(reader, found));
      context = found;
      reader.pos = pos;
    }
    const table = new ExampleTable(signature, context);
    readFieldOf(reader, 1, () => {
      readExample(reader, table);
      table.endExample();
    });
    return table;
  });
}

/** Calls `read` for each occurrence of a delimited field and passes over all others. */
function readFieldOf(reader: ProtoReader, field: number, read: () => void): void {
  for (let key = reader.key(); key !== 0; key = reader.key()) {
    if (key >>> 3 === field) {
      reader.expect(key, DELIMITED);
      read();
    } else {
      reader.skip(key);
    }
  }
}

function readExample(reader: ProtoReader, table: ExampleTable): void {
  inside(reader, () =>
    readFieldOf(reader, 1, () => inside(reader, () => readFieldOf(reader, 1, () => readFeature(reader, table)))),
  );
}

/** An entry of `feature`; the value may come before the name. */
function readFeature(reader: ProtoReader, table: ExampleTable): void {
  inside(reader, () => {
    const { pos } = reader;
    let name = '';
    readFieldOf(reader, 1, () => {
      name = reader.name();
    });
    const column = table.open(name);
    if (column === undefined) return;
    reader.pos = pos;
    readFieldOf(reader, 2, () => inside(reader, () => readKind(reader, column)));
    table.close(column);
  });
}

/** A `Feature`: one of three lists. */
function readKind(reader: ProtoReader, column: FeatureColumn): void {
  for (let field = reader.delimitedField(3); field !== 0; field = reader.delimitedField(3)) {
    inside(reader, () => {
      for (let key = reader.key(); key !== 0; key = reader.key()) {
        if (key >>> 3 === 1) READERS[field]?.(reader, key, column);
        else reader.skip(key);
      }
    });
  }
}

type ReadValues = (reader: ProtoReader, key: number, column: FeatureColumn) => void;

/** By the field of a `Feature`. */
const READERS: readonly (ReadValues | undefined)[] = [undefined, readBytes, readFloats, readIntegers];

function readBytes(reader: ProtoReader, key: number, column: FeatureColumn): void {
  reader.expect(key, DELIMITED);
  column.push(reader.view());
}

function readFloats(reader: ProtoReader, key: number, column: FeatureColumn): void {
  eachElement(reader, key, { wireType: FIXED32, read: () => column.push(reader.float()) });
}

function readIntegers(reader: ProtoReader, key: number, column: FeatureColumn): void {
  eachElement(reader, key, { wireType: VARINT, read: () => column.push(reader.int64()) });
}

/** Of a repeated field, one element or a packed list of them. */
function eachElement(
  reader: ProtoReader,
  key: number,
  { wireType, read }: { readonly wireType: number; readonly read: () => void },
): void {
  if ((key & 7) !== DELIMITED) {
    reader.expect(key, wireType);
    read();
    return;
  }
  inside(reader, () => {
    while (reader.pos < reader.end) read();
  });
}
