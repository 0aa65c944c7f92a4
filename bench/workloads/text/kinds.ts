import type { LoadRequest } from '../../../src/loadgen/index.js';
import { applyLoad, type LoadPlan } from '../../harness/load.js';
import { MODELS } from '../../harness/models.js';
import { createRows, oipRequest } from '../../harness/requests.js';
import { interleavedRow } from '../../harness/rounds.js';
import type { BarSpec, BenchSettings, Contestant, Row } from '../../harness/row.js';
import { METRICS, type Metric, quantileOf, type Sample } from '../../harness/sample.js';
import type { RunningServer } from '../../harness/server-process.js';
import { startMillrace } from '../../harness/servers.js';
import { arrivalsOf, driveArrivals, driveOnce } from '../../harness/text/drive.js';
import { readCorpus, textEntry } from '../../harness/text/files.js';
import { installLlamaServer, languageModelFile } from '../../peers/llama-server.js';
import { embedTexts, MILLRACE, postJson } from './contestants.js';

/** Of the highest rate of each kind. */
const SHARE = 0.2;
const SECONDS = 20;
const TRIAL_SECONDS = 3;
const ANSWER_TOKENS = 16;
/** What a kind may take longer beside the others: so many times as long, or so much. */
const TIMES = 2;
const MORE_MS = 10;

/** One server for chat, embeddings and tensors: what each of them costs the others. */
export function kindsRow(): Row {
  return interleavedRow({
    id: 'kinds',
    title: `Chat (SmolLM2, answers of ${ANSWER_TOKENS} tokens), embeddings (MiniLM) and tensors (W1) in one server, each at 20 % of its highest rate`,
    contestants: [kinds()],
    bars: [
      allowanceBar('chatP99Ms', 'chatAloneP99Ms'),
      allowanceBar('embedP99Ms', 'embedAloneP99Ms'),
      allowanceBar('tensorP99Ms', 'tensorAloneP99Ms'),
    ],
  });
}

function allowanceBar(metric: Metric, alone: Metric): BarSpec {
  return {
    text: `${METRICS[metric].label} / the larger of ${TIMES} × alone and alone + ${MORE_MS} ms: ${MILLRACE}`,
    digits: 2,
    contestants: [MILLRACE],
    atMost: 1,
    of(round) {
      const [beside, before] = [round[MILLRACE]?.[metric], round[MILLRACE]?.[alone]];
      if (beside === undefined || before === undefined) return undefined;
      return beside / Math.max(TIMES * before, before + MORE_MS);
    },
  };
}

/** How a kind's p99 is measured at a rate, with a seed for its arrivals. */
type Drive = (perSecond: number, seed: number) => Promise<number>;

interface Kind {
  readonly metrics: { readonly rate: Metric; readonly beside: Metric; readonly alone: Metric };
  readonly highest: () => Promise<number>;
  readonly drive: Drive;
}

function kinds(): Contestant {
  return {
    name: MILLRACE,
    peer: false,
    async open(settings) {
      installLlamaServer(settings.say);
      const server = await startMillrace({
        models: [
          { name: 'chat', model: { file: languageModelFile() } },
          { name: 'tensors', model: MODELS.mlp16 },
          textEntry(settings, 'minilm'),
        ],
      });
      const all = [chat(server, settings), embeddings(server, settings), tensors(server, settings)];
      const rates: number[] = [];
      let seed = 0;
      return {
        async warmUp() {
          for (const [index, { highest }] of all.entries()) {
            // The first time it is cold.
            await highest();
            rates[index] = (await highest()) * SHARE;
          }
        },
        async measure() {
          seed += 1;
          const p99 = (index: number) => (all[index] as Kind).drive(rates[index] as number, seed);
          const sample: Record<string, number> = {};
          for (const [index, { metrics }] of all.entries()) {
            sample[metrics.rate] = rates[index] as number;
            sample[metrics.alone] = await p99(index);
          }
          const beside = await Promise.all(all.map((_, index) => p99(index)));
          for (const [index, { metrics }] of all.entries()) sample[metrics.beside] = beside[index] as number;
          return sample as Sample;
        },
        close: () => server.stop(),
      };
    },
  };
}

function chat(server: RunningServer, settings: BenchSettings): Kind {
  const requests = Array.from({ length: settings.trial ? 8 : 48 }, (_, number) => chatRequest(number));
  return requestsKind(server, settings, {
    metrics: { rate: 'chatPerSecond', beside: 'chatP99Ms', alone: 'chatAloneP99Ms' },
    requests,
    concurrency: 8,
  });
}

function chatRequest(number: number): LoadRequest {
  const content = `Tell me something about the number ${number} that few people know.`;
  return postJson('/v1/chat/completions', {
    model: 'chat',
    messages: [{ role: 'user', content }],
    max_tokens: ANSWER_TOKENS,
    temperature: 0,
    ignore_eos: true,
  });
}

function embeddings(server: RunningServer, settings: BenchSettings): Kind {
  const texts = readCorpus(settings).slice(0, settings.trial ? 64 : 1_000);
  return requestsKind(server, settings, {
    metrics: { rate: 'embedPerSecond', beside: 'embedP99Ms', alone: 'embedAloneP99Ms' },
    requests: texts.map((text) => embedTexts([text])),
    concurrency: 32,
  });
}

interface RequestsOptions {
  readonly metrics: Kind['metrics'];
  readonly requests: readonly LoadRequest[];
  /** By which the highest rate is found. */
  readonly concurrency: number;
}

function requestsKind(
  server: RunningServer,
  settings: BenchSettings,
  { metrics, requests, concurrency }: RequestsOptions,
): Kind {
  return {
    metrics,
    async highest() {
      const { requestsPerSecond = 0 } = await driveOnce(server, { requests, concurrency, rowsPerRequest: 1 });
      return requestsPerSecond;
    },
    async drive(perSecond, seed) {
      const pick = (random: () => number) => ({
        kind: 'one',
        request: requests[Math.floor(random() * requests.length)] as LoadRequest,
      });
      const seconds = secondsOf(settings);
      const latencies = await driveArrivals(server.url, arrivalsOf({ perSecond, seconds, seed, pick }));
      return quantileOf(latencies.get('one') ?? [], 0.99);
    },
  };
}

function tensors(server: RunningServer, settings: BenchSettings): Kind {
  const { mlp16 } = MODELS;
  const request = oipRequest(createRows(mlp16, 1), { model: 'tensors', input: mlp16.input, format: 'json' });
  const load = async (plan: Pick<LoadPlan, 'level' | 'generator'>, seconds: number) =>
    applyLoad(server, { ...plan, request, rowsPerRequest: 1 }, { seconds, generator: settings.generator });
  return {
    metrics: { rate: 'tensorPerSecond', beside: 'tensorP99Ms', alone: 'tensorAloneP99Ms' },
    async highest() {
      const { requestsPerSecond = 0 } = await load(
        { level: { kind: 'concurrency', concurrency: 32 } },
        settings.seconds,
      );
      return requestsPerSecond;
    },
    async drive(requestsPerSecond) {
      const level = { kind: 'rate', requestsPerSecond, arrivals: 'poisson' } as const;
      const { p99Ms = Number.NaN } = await load({ level, generator: 'poisson' }, secondsOf(settings));
      return p99Ms;
    },
  };
}

function secondsOf({ trial }: BenchSettings): number {
  return trial ? TRIAL_SECONDS : SECONDS;
}
