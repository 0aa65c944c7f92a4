import type { LoadRequest } from '../../src/loadgen/index.js';
import type { BenchModel } from '../harness/models.js';
import type { Rows } from '../harness/requests.js';
import { type RunningServer, type ServerCommand, startProbed } from '../harness/server-process.js';

/** Another server that serves the same models, beside which millrace is measured. */
export interface Peer {
  readonly name: string;
  /** Makes what it needs below `.cache/peers`, unless it is there. Throws when this machine cannot run it. */
  install(say: (line: string) => void): void;
  /** The same rows in the peer's own dialect. */
  request(rows: Rows, options: { readonly model: BenchModel; readonly format: 'json' | 'binary' }): LoadRequest;
  prepare(options: PeerOptions): PreparedPeer;
}

export interface PeerOptions {
  readonly model: BenchModel;
  readonly workers: number;
  readonly format: 'json' | 'binary';
}

export interface PreparedPeer {
  readonly commandFor: (port: number) => ServerCommand;
  readonly remove: () => void;
}

/** Starts a peer and waits until it answers `probe`. */
export async function startPeer(peer: Peer, options: PeerOptions, probe: LoadRequest): Promise<RunningServer> {
  const prepared = peer.prepare(options);
  const server = await startProbed(prepared.commandFor, probe).catch((error: unknown) => {
    prepared.remove();
    throw error;
  });
  return {
    ...server,
    async stop() {
      await server.stop();
      prepared.remove();
    },
  };
}
