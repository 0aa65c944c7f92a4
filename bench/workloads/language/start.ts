import { valueBar } from '../../harness/bars.js';
import { interleavedRow } from '../../harness/rounds.js';
import type { Contestant, Row } from '../../harness/row.js';
import { answers, type RunningServer, startProbed } from '../../harness/server-process.js';
import { prepareMillrace, startMillrace } from '../../harness/servers.js';
import { installLlamaServer, llamaServerCommand } from '../../peers/llama-server.js';
import { firstToken, millraceOptions, THREADS } from './contestants.js';

const OPTIONS = { slots: 8, contextTokens: 2048, threads: THREADS };

/** From nothing to the first token; of millrace also without its own start, when a model is loaded over the network. */
export function startRow(): Row {
  return interleavedRow({
    id: 'language-start',
    title: 'From exec, or from the call that loads the model, to the first token',
    contestants: [
      loaded('millrace runner'),
      started('millrace', () => startOf(prepareMillrace(millraceOptions(OPTIONS)))),
      started('llama-server', () => startProbed((port) => llamaServerCommand(OPTIONS, port), firstToken())),
    ],
    bars: [valueBar({ metric: 'startMs', who: 'millrace runner', atMost: 600 })],
  });
}

async function startOf({ commandFor, remove }: ReturnType<typeof prepareMillrace>): Promise<RunningServer> {
  const server = await startProbed(commandFor, firstToken()).finally(remove);
  return server;
}

/** A server that is started each time. */
function started(name: string, start: () => Promise<RunningServer>): Contestant {
  return {
    name,
    peer: false,
    async open({ say }) {
      installLlamaServer(say);
      const once = async (): Promise<number> => {
        const server = await start();
        await server.stop();
        return server.startMs;
      };
      return {
        async warmUp() {
          await once();
        },
        measure: async () => ({ startMs: await once() }),
        async close() {},
      };
    },
  };
}

/** A server that is there already; its runner is started each time. */
function loaded(name: string): Contestant {
  return {
    name,
    peer: false,
    async open({ say }) {
      installLlamaServer(say);
      const server = await startMillrace({
        ...millraceOptions(OPTIONS),
        config: ['repository: {controlMode: explicit}'],
      });
      const post = async (action: 'load' | 'unload'): Promise<void> => {
        const answer = await fetch(`${server.url}/v2/repository/models/m/${action}`, { method: 'POST' });
        if (!answer.ok) throw new Error(`${answer.status} ${(await answer.text()).slice(0, 300)}`);
      };
      const once = async (): Promise<number> => {
        const startedAt = performance.now();
        await post('load');
        if (!(await answers(server.url, firstToken()))) throw new Error('it did not answer');
        const ms = performance.now() - startedAt;
        await post('unload');
        return ms;
      };
      return {
        async warmUp() {
          await once();
        },
        measure: async () => ({ startMs: await once() }),
        close: () => server.stop(),
      };
    },
  };
}
