import { invalidArgument, type Signature } from '../../../core/index.js';
import type { DecodeFunction } from '../decoding/jobs.js';
import { type DecodedInstances, decodeInstances } from '../instances/decode.js';
import { type CsvHeader, decodeCsv } from './csv.js';
import { decodeDataframe } from './dataframe.js';
import { jsonKindOf } from './json-kind.js';
import { listOfLines } from './json-lines.js';
import { CSV_TYPE, JSON_TYPE, LINES_TYPE, type RowsType } from './media-types.js';

export interface RowsJob {
  readonly type: RowsType;
  /** Of CSV. Default: recognized where its names are no numbers. */
  readonly header?: CsvHeader | undefined;
  readonly body: Uint8Array;
  readonly signature: Signature;
}

/** {@link decodeRows} for bodies that would hold up the event loop. */
export const DECODE_ROWS: DecodeFunction<RowsJob, DecodedInstances> = {
  module: new URL('./decoders.js', import.meta.url).href,
  name: 'rows',
};

/** The tensors of a body of rows: TensorFlow Serving's JSON or a bare list, MLflow's DataFrames, values on lines, CSV. Throws `invalid_argument`. */
export function decodeRows({ type, header, body, signature }: RowsJob): DecodedInstances {
  switch (type) {
    case JSON_TYPE:
      return jsonKindOf(body) === 'dataframe'
        ? decodeDataframe(body, signature)
        : decodeInstances(body, { signature, bare: true, members: ['parameters'] });
    case LINES_TYPE: {
      const list = listOfLines(body);
      if (list.length === 2) throw invalidArgument('the body must have at least one line of JSON, got none');
      return decodeInstances(list, { signature, bare: true });
    }
    case CSV_TYPE:
      return { format: 'row', inputs: decodeCsv(body, signature, header), members: {} };
    default:
      return type satisfies never;
  }
}
