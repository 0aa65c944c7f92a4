import type { LoadLevel } from '../../src/loadgen/index.js';
import { runOnnx, served } from '../harness/contestants.js';
import type { BenchModel } from '../harness/models.js';
import { oipRequest, type Rows } from '../harness/requests.js';
import type { Contestant } from '../harness/row.js';
import { type MillraceOptions, startEcho, startMillrace } from '../harness/servers.js';
import { type Peer, startPeer } from '../peers/index.js';

/** What is sent to whom, and how hard: the same for all contestants of a row. */
export interface Workload {
  readonly model: BenchModel;
  readonly rows: Rows;
  readonly format: 'json' | 'binary';
  readonly level: LoadLevel;
}

const NAME = 'm';

export function echo({ model, rows, format, level }: Workload): Contestant {
  const request = oipRequest(rows, { model: NAME, input: model.input, format });
  return served({ name: 'echo', start: startEcho, plan: { request, level, rowsPerRequest: rows.count } });
}

export interface MillraceVariant {
  readonly name: string;
  /** Lines of the model's `model.yaml`. */
  readonly yaml?: readonly string[];
  readonly config?: readonly string[];
}

export const PROCESS: MillraceVariant = { name: 'millrace' };
export const INLINE: MillraceVariant = { name: 'millrace inline', yaml: ['instances: {placement: inline}'] };

export function millrace(workload: Workload, { name, yaml, config }: MillraceVariant = PROCESS): Contestant {
  const { model, rows, format, level } = workload;
  const request = oipRequest(rows, { model: NAME, input: model.input, format });
  const options: MillraceOptions = {
    models: [{ name: NAME, model, ...(yaml === undefined ? {} : { yaml }) }],
    ...(config === undefined ? {} : { config }),
  };
  return served({
    name,
    start: () => startMillrace(options),
    plan: { request, level, rowsPerRequest: rows.count },
    expected: () => expectedOf(workload),
  });
}

export function peer(workload: Workload, rival: Peer, workers: number): Contestant {
  const { model, rows, format, level } = workload;
  const request = rival.request(rows, { model, format });
  return served({
    name: `${rival.name} ×${workers}`,
    peer: true,
    start: () => startPeer(rival, { model, workers, format }, request),
    plan: { request, level, rowsPerRequest: rows.count },
    expected: () => expectedOf(workload),
  });
}

async function expectedOf({ model, rows }: Workload): Promise<readonly number[]> {
  return (await runOnnx(model, rows, 0)).outputs;
}
