import type { LoadLevel, LoadRequest } from '../../src/loadgen/index.js';
import { runOnnx, served } from '../harness/contestants.js';
import type { BenchModel } from '../harness/models.js';
import { flatJsonRequest, oipRequest, type Rows, rawRequest } from '../harness/requests.js';
import type { Contestant } from '../harness/row.js';
import { type MillraceOptions, startEcho, startMillrace } from '../harness/servers.js';
import { type PeerName, peerPath, startPeer } from '../peers/peers.js';

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

export function peer(workload: Workload, name: PeerName, workers: number): Contestant {
  const { model, rows, level } = workload;
  const format = workload.format === 'json' ? 'json' : 'raw';
  const request = peerRequest(rows, name, format);
  return served({
    name: `${name} ×${workers}`,
    peer: true,
    start: () => startPeer({ name, model, workers, format, probe: request }),
    plan: { request, level, rowsPerRequest: rows.count },
    expected: () => expectedOf(workload),
  });
}

async function expectedOf({ model, rows }: Workload): Promise<readonly number[]> {
  return (await runOnnx(model, rows, 0)).outputs;
}

export function peerRequest(rows: Rows, name: PeerName, format: 'json' | 'raw'): LoadRequest {
  const path = peerPath(name, format);
  return format === 'json' ? flatJsonRequest(rows, path) : rawRequest(rows, path);
}
