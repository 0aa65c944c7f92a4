import { JsonWriter } from '../../protocols/index.js';
import type { OutputColumn } from '../mapping/plan-outputs.js';
import { columnAsJson } from './jsonl-writer.js';
import type { RowWriter, WriterMark } from './row-writer.js';
import { TextFile } from './text-file.js';

/** CSV (RFC 4180) whose first record names the columns. Lists are JSON in a field. */
export async function openCsvWriter(
  path: string,
  columns: readonly OutputColumn[],
  mark: WriterMark | undefined,
): Promise<RowWriter> {
  const file = await TextFile.open(path, mark?.kind === 'text' ? mark.bytes : 0);
  if (file.length === 0) await file.append(Buffer.from(`${columns.map(({ name }) => csvField(name)).join(',')}\n`));
  const writer = new JsonWriter();
  return {
    async write(rows) {
      const values = columns.map((column) => columnAsJson(column, rows));
      let text = '';
      for (let row = 0; row < rows.sources.length; row++) {
        for (let index = 0; index < values.length; index++) {
          values[index]?.(writer, row);
          text += (index === 0 ? '' : ',') + fieldOfJson(Buffer.from(writer.finishBytes()).toString());
        }
        text += '\n';
      }
      await file.append(Buffer.from(text));
    },
    async commit() {
      return { kind: 'text', bytes: await file.commit() };
    },
    finish: (target) => file.finish(target),
    close: () => file.close(),
  };
}

/** Texts lose their quotation marks, `null` is empty, and lists stay as they are. */
function fieldOfJson(json: string): string {
  if (json === 'null') return '';
  return csvField(json.startsWith('"') ? String(JSON.parse(json)) : json);
}

function csvField(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
