import type { LoadLevel, LoadRequest } from '../../src/loadgen/index.js';
import { runOnnx, served } from '../harness/contestants.js';
import type { Generator, LoadPlan } from '../harness/load.js';
import type { BenchModel } from '../harness/models.js';
import { oipRequest, type Rows } from '../harness/requests.js';
import type { Contestant } from '../harness/row.js';
import { type MillraceOptions, startControl, startMillrace } from '../harness/servers.js';
import { type Peer, startPeer } from '../peers/index.js';

/** What is sent to whom, and how hard: the same for all contestants of a row. */
export interface Workload {
  readonly model: BenchModel;
  readonly rows: Rows;
  readonly format: 'json' | 'binary';
  readonly level: LoadLevel;
  /** Who sends it; up to the settings if not set. */
  readonly generator?: Generator;
}

const NAME = 'm';

/** Control A, on node:http and on node:net. */
export function echoes(workload: Workload): readonly Contestant[] {
  const plan = planOf(workload, ownRequest(workload));
  return [
    served({ name: 'echo', start: () => startControl('echo'), plan }),
    served({ name: 'net echo', start: () => startControl('net-echo'), plan }),
  ];
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
  const options: MillraceOptions = {
    models: [{ name: NAME, model: workload.model, ...(yaml === undefined ? {} : { yaml }) }],
    ...(config === undefined ? {} : { config }),
  };
  return served({
    name,
    start: () => startMillrace(options),
    plan: planOf(workload, ownRequest(workload)),
    expected: () => expectedOf(workload),
  });
}

export function peer(workload: Workload, rival: Peer, workers: number): Contestant {
  const { model, rows, format } = workload;
  const request = rival.request(rows, { model, format });
  return served({
    name: `${rival.name} ×${workers}`,
    peer: true,
    start: () => startPeer(rival, { model, workers, format }, request),
    plan: planOf(workload, request),
    expected: () => expectedOf(workload),
  });
}

function ownRequest({ model, rows, format }: Workload): LoadRequest {
  return oipRequest(rows, { model: NAME, input: model.input, format });
}

function planOf({ rows, level, generator }: Workload, request: LoadRequest): LoadPlan {
  return { request, level, rowsPerRequest: rows.count, generator };
}

async function expectedOf({ model, rows }: Workload): Promise<readonly number[]> {
  return (await runOnnx(model, rows, 0)).outputs;
}
