import type { Row } from '../harness/row.js';
import { bodiesRow } from './bodies.js';
import { coldStartRow } from './cold-start.js';
import { idleRow } from './idle.js';
import { imageRows } from './images.js';
import { largeRows } from './large-rows.js';
import { manyModelsRow } from './many-models.js';
import { memoryRow } from './memory.js';
import { modelProcessesRow } from './model-processes.js';
import { observabilityRow } from './observability.js';
import { partLoadRows } from './part-load.js';
import { smallJsonRows } from './small-json.js';

/** The whole table, in the order in which it runs. */
export function allRows(): Row[] {
  return [
    ...smallJsonRows(),
    ...largeRows(),
    ...imageRows(),
    bodiesRow(),
    ...partLoadRows(),
    observabilityRow(),
    manyModelsRow(),
    modelProcessesRow(),
    coldStartRow(),
    idleRow(),
    memoryRow(),
  ];
}
