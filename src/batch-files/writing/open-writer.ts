import type { BatchPlan } from '../plan.js';
import { openCsvWriter } from './csv-writer.js';
import { openJsonlWriter } from './jsonl-writer.js';
import { openParquetWriter } from './parquet-writer.js';
import type { RowWriter, WriterMark } from './row-writer.js';

interface WriterPlace {
  readonly plan: BatchPlan;
  /** File of an output that is text, folder of the parts of one that is not. */
  readonly output: string;
  readonly parts: string;
  readonly keepsParts: boolean;
}

/** Goes on with an output from a mark on, or begins it. */
export function openWriter(
  { plan, output, parts, keepsParts }: WriterPlace,
  mark: WriterMark | undefined,
): Promise<RowWriter> {
  const { outputs: columns, outputFormat, inputFormat: format } = plan;
  switch (outputFormat) {
    case 'jsonl':
      return openJsonlWriter(output, columns, mark);
    case 'csv':
      return openCsvWriter(output, columns, mark);
    case 'parquet':
      return openParquetWriter({ folder: parts, columns, format, mark, keepsParts });
    default:
      return outputFormat satisfies never;
  }
}
