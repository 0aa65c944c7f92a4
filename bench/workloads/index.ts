import type { Row } from '../harness/row.js';
import { coldStartRow } from './cold-start.js';
import { manyModelsRow } from './many-models.js';
import { memoryRow } from './memory.js';
import { observabilityRow } from './observability.js';
import { openLoopRow } from './open-loop.js';
import { throughputRows } from './throughput.js';

/** The whole table, in the order in which it runs. */
export function allRows(): Row[] {
  return [...throughputRows(), openLoopRow(), observabilityRow(), manyModelsRow(), coldStartRow(), memoryRow()];
}
