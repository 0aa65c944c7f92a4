import type { Row } from '../../harness/row.js';
import { embedManyRow, embedOneRow, embedRow, rerankRow } from './embed.js';
import { kindsRow } from './kinds.js';
import { shortBesideLongRow } from './short-beside-long.js';

/** Models that read texts, beside ONNX Runtime alone and a hand-written server. */
export function textRows(): Row[] {
  return [embedRow(), embedManyRow(), embedOneRow(), rerankRow(), shortBesideLongRow(), kindsRow()];
}
