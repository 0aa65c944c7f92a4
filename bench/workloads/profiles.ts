import type { LoadPlan } from '../harness/load.js';
import { MODELS } from '../harness/models.js';
import { createRows, oipRequest } from '../harness/requests.js';
import type { MillraceOptions } from '../harness/servers.js';
import { INLINE } from './contestants.js';

export interface ProfiledWorkload {
  readonly options: MillraceOptions;
  readonly plan: LoadPlan;
}

/** What `--profile` can look into. */
export const PROFILES: Readonly<Record<string, () => ProfiledWorkload>> = {
  W1: () => workload({ model: 'mlp16', format: 'json', rows: 1, concurrency: 32 }),
  'W1-inline': () => workload({ model: 'mlp16', format: 'json', rows: 1, concurrency: 32, yaml: INLINE.yaml }),
  W2: () => workload({ model: 'mlp784', format: 'json', rows: 1, concurrency: 32 }),
  'W2-binary': () => workload({ model: 'mlp784', format: 'binary', rows: 1, concurrency: 32 }),
  'W2-batch': () => workload({ model: 'mlp784', format: 'binary', rows: 32, concurrency: 4 }),
  W3: () => workload({ model: 'mobilenet', format: 'binary', rows: 1, concurrency: 8 }),
};

function workload(options: {
  readonly model: keyof typeof MODELS;
  readonly format: 'json' | 'binary';
  readonly rows: number;
  readonly concurrency: number;
  readonly yaml?: readonly string[] | undefined;
}): ProfiledWorkload {
  const model = MODELS[options.model];
  const rows = createRows(model, options.rows);
  return {
    options: { models: [{ name: 'm', model, ...(options.yaml === undefined ? {} : { yaml: options.yaml }) }] },
    plan: {
      request: oipRequest(rows, { model: 'm', input: model.input, format: options.format }),
      level: { kind: 'concurrency', concurrency: options.concurrency },
      rowsPerRequest: rows.count,
    },
  };
}
