import { completionOf, randomPrompt } from '../../harness/language/prompts.js';
import { type OpenStream, openStream } from '../../harness/language/stream.js';
import { applyLoad, type LoadPlan } from '../../harness/load.js';
import { MODELS } from '../../harness/models.js';
import { createRows, oipRequest } from '../../harness/requests.js';
import { interleavedRow } from '../../harness/rounds.js';
import type { Contestant, Row } from '../../harness/row.js';
import { startMillrace } from '../../harness/servers.js';
import { languageModelFile } from '../../peers/llama-server.js';
import { driven } from './contestants.js';

/** What a language model that is generating costs a tensor model in the same server. */
export function besideRow(): Row {
  return interleavedRow({
    id: 'W1-beside',
    title: 'W1 with an idle language model in the same server, and with one that generates for one stream',
    contestants: [tensors('millrace', false), tensors('millrace beside a stream', true)],
    bars: [],
  });
}

function tensors(name: string, beside: boolean): Contestant {
  const { mlp16 } = MODELS;
  const plan: LoadPlan = {
    request: oipRequest(createRows(mlp16, 1), { model: 'tensors', input: mlp16.input, format: 'json' }),
    level: { kind: 'concurrency', concurrency: 32 },
    rowsPerRequest: 1,
  };
  return driven({
    name,
    start: () =>
      startMillrace({
        models: [
          { name: 'tensors', model: mlp16 },
          { name: 'm', model: { file: languageModelFile() } },
        ],
      }),
    warmUps: 3,
    async measure(server, { seed, settings }) {
      const stopped = beside ? keepStreaming(server.url, seed) : undefined;
      const sample = await applyLoad(server, plan, settings);
      return { ...sample, ...(await stopped?.()) };
    },
  });
}

/** One stream after the other, until it is stopped; then tells how fast they were. */
function keepStreaming(url: string, seed: number): () => Promise<{ readonly tokensPerSecond1: number }> {
  let stopped = false;
  let pieces = 0;
  let running: OpenStream | undefined;
  const startedAt = performance.now();
  const ended = (async () => {
    for (let number = 0; !stopped; number++) {
      running = openStream(url, completionOf(randomPrompt(64, seed + number), 512));
      await running.answer.catch(() => undefined);
      pieces += running.pieces.length;
    }
  })();
  return async () => {
    stopped = true;
    const seconds = (performance.now() - startedAt) / 1000;
    running?.cancel();
    await ended;
    return { tokensPerSecond1: pieces / seconds };
  };
}
