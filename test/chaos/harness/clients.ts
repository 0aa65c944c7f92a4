import type { Random } from '../../support/random.js';
import { FOREIGN, KSERVE, OIP } from './dialects.js';
import { runGrpcStreams } from './grpc-streams.js';
import { runHttpStreams } from './http-streams.js';
import type { Journal } from './journal.js';
import { runLane } from './lane.js';
import { runSequences } from './sequences.js';
import type { ChaosServer } from './server.js';
import { runTexts } from './texts.js';

export interface ClientsOptions {
  readonly server: ChaosServer;
  readonly journal: Journal;
  readonly random: Random;
  readonly clients: number;
  readonly stopped: () => boolean;
}

const LANES = [runLane, runLane, runHttpStreams, runSequences, runGrpcStreams, runTexts];
/** Of the lanes in other protocols each third asks KServe's port. */
const OWN_PORT_EVERY = 3;

/** Clients of all kinds, until they are to stop or the server is gone. */
export async function runClients({ server, journal, random, clients, stopped }: ClientsOptions): Promise<void> {
  const lanes = Array.from({ length: clients }, (_, index) => {
    const lane = { port: server.port, random: random.fork(), journal, index, stopped };
    const kind = LANES[index % LANES.length] ?? runLane;
    const meetsHanging = index % LANES.length === 0;
    const hasOwnPort = index % (LANES.length * OWN_PORT_EVERY) === 1;
    const asked = hasOwnPort
      ? { port: server.kservePort, dialects: KSERVE }
      : { dialects: meetsHanging ? OIP : FOREIGN };
    return kind({ ...lane, address: server.grpc, meetsHanging, ...asked });
  });
  await Promise.all(lanes);
}
