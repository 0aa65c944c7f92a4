import type { LoadRequest } from '../../src/loadgen/index.js';
import { ratioBar } from '../harness/bars.js';
import { MODELS } from '../harness/models.js';
import { createRows, oipRequest, type Rows } from '../harness/requests.js';
import { interleavedRow } from '../harness/rounds.js';
import type { Contestant, Row } from '../harness/row.js';
import { type ServerCommand, startProbed } from '../harness/server-process.js';
import { prepareMillrace } from '../harness/servers.js';
import { fastapi, mosec, type Peer } from '../peers/index.js';

/** From the start of the process to the first answer, asked for every few milliseconds. */
export function coldStartRow(): Row {
  const rows = createRows(MODELS.mlp16, 1);
  return interleavedRow({
    id: 'cold-start',
    title: 'mlp-16x10, from exec to the first answer',
    contestants: [coldMillrace('millrace'), coldPeer(mosec, rows), coldPeer(fastapi, rows)],
    bars: [ratioBar({ metric: 'startMs', who: 'millrace', against: 'mosec', atMost: 1.2 })],
  });
}

/** millrace's start; of this repository's build where `entry` names no other `cli/main.js`. */
export function coldMillrace(name: string, entry?: string): Contestant {
  const { mlp16: model } = MODELS;
  const probe = oipRequest(createRows(model, 1), { model: 'm', input: model.input, format: 'json' });
  return cold(name, probe, () => prepareMillrace({ models: [{ name: 'm', model }], entry }));
}

function coldPeer(peer: Peer, rows: Rows): Contestant {
  const options = { model: MODELS.mlp16, workers: 1, format: 'json' } as const;
  return { ...cold(peer.name, peer.request(rows, options), () => peer.prepare(options)), peer: true };
}

interface Prepared {
  readonly commandFor: (port: number) => ServerCommand;
  readonly remove: () => void;
}

function cold(name: string, probe: LoadRequest, prepare: () => Prepared): Contestant {
  return {
    name,
    peer: false,
    async open() {
      const prepared = prepare();
      const start = async (): Promise<number> => {
        const server = await startProbed(prepared.commandFor, probe);
        await server.stop();
        return server.startMs;
      };
      return {
        // Once before it counts, so that the files are in the page cache for all alike.
        async warmUp() {
          await start();
        },
        measure: async () => ({ startMs: await start() }),
        close: async () => prepared.remove(),
      };
    },
  };
}
