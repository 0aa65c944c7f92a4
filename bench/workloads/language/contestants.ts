import { completionOf, randomPrompt } from '../../harness/language/prompts.js';
import type { BenchSettings, Contestant } from '../../harness/row.js';
import type { Sample } from '../../harness/sample.js';
import type { Probe, RunningServer } from '../../harness/server-process.js';
import { type MillraceOptions, startMillrace } from '../../harness/servers.js';
import {
  installLlamaServer,
  type LanguageServerOptions,
  languageModelFile,
  startLlamaServer,
} from '../../peers/llama-server.js';

/** Both servers evaluate with these, beside each other's rest and the client. */
export const THREADS = 2;

/** One round of a contestant. */
export interface Turn {
  /** For prompts: the same in the same round of each contestant, and used by no other round. */
  readonly seed: number;
  readonly settings: BenchSettings;
}

export interface DrivenOptions {
  readonly name: string;
  readonly start: () => Promise<RunningServer>;
  readonly measure: (server: RunningServer, turn: Turn) => Promise<Sample>;
  /** Rounds before those that count. */
  readonly warmUps?: number;
}

/** More than a round takes. */
const SEEDS_OF_A_ROUND = 1_000;

/** A server that is measured in a way of its own, which also warms it up. */
export function driven({ name, start, measure, warmUps = 1 }: DrivenOptions): Contestant {
  return {
    name,
    peer: false,
    async open(settings) {
      installLlamaServer(settings.say);
      const server = await start();
      let seed = 0;
      const turn = () => {
        seed += SEEDS_OF_A_ROUND;
        return measure(server, { seed, settings });
      };
      return {
        async warmUp() {
          for (let round = 0; round < (settings.trial ? 1 : warmUps); round++) await turn();
        },
        measure: turn,
        close: () => server.stop(),
      };
    },
  };
}

export type Measured = Pick<DrivenOptions, 'measure' | 'warmUps'>;

/** The same, of millrace and of llama-server with as many slots and threads. */
export function bothServers(options: LanguageServerOptions, measured: Measured): readonly Contestant[] {
  return [
    driven({ ...measured, name: 'millrace', start: () => startMillrace(millraceOptions(options)) }),
    driven({ ...measured, name: 'llama-server', start: () => startLlamaServer(options, firstToken()) }),
  ];
}

/** millrace with the language model `m`. */
export function millraceOptions({ slots, contextTokens, threads }: LanguageServerOptions): MillraceOptions {
  const llama = `llama: {slots: ${slots}, contextTokens: ${contextTokens}, threads: ${threads}}`;
  return { models: [{ name: 'm', model: { file: languageModelFile() }, yaml: [llama] }] };
}

/** Asks for one token. */
export function firstToken(): Probe {
  const { path, body } = completionOf(randomPrompt(8, 0), 1);
  return {
    path,
    headers: { 'content-type': 'application/json' },
    body: Buffer.from(JSON.stringify({ model: 'm', ...body })),
  };
}
