import { JsonWriter } from '../../protocols/index.js';
import type { OutputColumn } from '../mapping/plan-outputs.js';
import type { AnsweredRows } from '../types.js';
import { rowsAsJson, type WriteRow, writeJsonValue } from './json-values.js';
import type { RowWriter, WriterMark } from './row-writer.js';
import { TextFile } from './text-file.js';

/** Each row as a JSON object in a line. */
export async function openJsonlWriter(
  path: string,
  columns: readonly OutputColumn[],
  mark: WriterMark | undefined,
): Promise<RowWriter> {
  const file = await TextFile.open(path, mark?.kind === 'text' ? mark.bytes : 0);
  const writer = new JsonWriter();
  const names = columns.map(({ name }, index) => Buffer.from(`${index === 0 ? '{' : ','}${JSON.stringify(name)}:`));
  return {
    async write(rows) {
      const values = columns.map((column) => columnAsJson(column, rows));
      for (let row = 0; row < rows.sources.length; row++) {
        for (let index = 0; index < values.length; index++) {
          writer.raw(names[index] as Buffer);
          (values[index] as WriteRow)(writer, row);
        }
        writer.ascii('}\n');
      }
      await file.append(writer.finishBytes());
    },
    async commit() {
      return { kind: 'text', bytes: await file.commit() };
    },
    finish: (target) => file.finish(target),
    close: () => file.close(),
  };
}

/** The values of a column of the output, as JSON. */
export function columnAsJson(column: OutputColumn, { sources, outputs }: AnsweredRows): WriteRow {
  if (column.kind === 'tensor') {
    const tensor = outputs.get(column.spec.name);
    return tensor === undefined ? (writer) => writer.ascii('null') : rowsAsJson(tensor, column.index);
  }
  if (column.kind === 'number') {
    return (writer, row) => {
      const source = sources[row];
      writer.ascii(source === undefined ? 'null' : String(source.block.first.row + source.row + 1));
    };
  }
  const { name } = column.column;
  return (writer, row) => {
    const source = sources[row];
    writeJsonValue(writer, source?.block.column(name)?.at(source.row));
  };
}
