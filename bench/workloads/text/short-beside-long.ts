import { interleavedRow } from '../../harness/rounds.js';
import type { BarSpec, BenchSettings, Contestant, Row } from '../../harness/row.js';
import { quantileOf } from '../../harness/sample.js';
import type { RunningServer } from '../../harness/server-process.js';
import { startMillrace } from '../../harness/servers.js';
import { type ArrivalsPlan, arrivalsOf, driveArrivals, driveOnce } from '../../harness/text/drive.js';
import { textEntry, textFile } from '../../harness/text/files.js';
import { rawTexts } from '../../harness/text/raw.js';
import { textOf, tokenize } from '../../harness/text/texts.js';
import { fastapiTextRequest } from '../../peers/fastapi-text.js';
import { driveFor, embedTexts, FASTAPI, MILLRACE, startFastapi, WARM_UP_SECONDS } from './contestants.js';

const SHORT_TOKENS = 16;
const LONG_TOKENS = 512;
const LONG_SHARE = 0.05;
const LONG_RUN = 'one long run';
/** Of an open loop, so that p99 is of more than a thousand texts. */
const SECONDS = 20;
const TRIAL_SECONDS = 2;
/** Requests by which the highest rate is found. */
const CLOSED_REQUESTS = 600;
const WARM_UP_REQUESTS = 200;
const TRIAL_REQUESTS = 60;
/** Different texts of a length. */
const VARIETY = 50;

type Request = (texts: readonly string[]) => ReturnType<typeof fastapiTextRequest>;

/** Whether those who ask little wait for those who ask much. */
export function shortBesideLongRow(): Row {
  return interleavedRow({
    id: 'short-beside-long',
    title: `Texts of ${SHORT_TOKENS} tokens with 5 % of ${LONG_TOKENS} tokens, Poisson arrivals at half of each one's highest rate of this mix`,
    contestants: [
      mixed(MILLRACE, {
        start: (settings) =>
          startMillrace({ models: [textEntry(settings, 'minilm', { maxTokens: LONG_TOKENS, reserveInstance: true })] }),
        request: embedTexts,
      }),
      mixed(FASTAPI, {
        start: (settings) => startFastapi(settings, { isSorted: false, maxTokens: LONG_TOKENS }),
        request: fastapiTextRequest,
      }),
      longRun(),
    ],
    bars: [delayBar(MILLRACE, 1), delayBar(FASTAPI)],
  });
}

/** How much later the slowest short texts are answered beside long ones, as a multiple of a long one's run. */
function delayBar(who: string, atMost?: number): BarSpec {
  return {
    text: `short texts' p99 beside long ones − alone, in long runs: ${who}`,
    digits: 2,
    contestants: [who, LONG_RUN],
    ...(atMost === undefined ? {} : { atMost }),
    of(round) {
      const { shortP99Ms, shortAloneP99Ms } = round[who] ?? {};
      const runMs = round[LONG_RUN]?.p50Ms;
      if (shortP99Ms === undefined || shortAloneP99Ms === undefined || runMs === undefined) return undefined;
      return (shortP99Ms - shortAloneP99Ms) / runMs;
    },
  };
}

interface MixedOptions {
  readonly start: (settings: BenchSettings) => Promise<RunningServer>;
  readonly request: Request;
}

/** A server, with the same short texts at the same times alone and beside long ones. */
function mixed(name: string, { start, request }: MixedOptions): Contestant {
  return {
    name,
    peer: false,
    async open(settings) {
      const server = await start(settings);
      const pick = pickerOf(request);
      const seconds = settings.trial ? TRIAL_SECONDS : SECONDS;
      const highest = (requests: number) => highestRate(server, pick, settings.trial ? TRIAL_REQUESTS : requests);
      let seed = 0;
      return {
        warmUp: () => driveFor(settings.trial ? 0 : WARM_UP_SECONDS, () => highest(WARM_UP_REQUESTS)),
        async measure() {
          seed += 1;
          // In each round, as the arrivals are to take half of what the machine has left at that time.
          const perSecond = (await highest(CLOSED_REQUESTS)) / 2;
          const arrivals = arrivalsOf({ perSecond, seconds, seed, pick });
          const short = arrivals.filter(({ kind }) => kind === 'short');
          const alone = await driveArrivals(server.url, short);
          const beside = await driveArrivals(server.url, arrivals);
          return {
            requestsPerSecond: perSecond,
            shortAloneP99Ms: quantileOf(alone.get('short') ?? [], 0.99),
            shortP99Ms: quantileOf(beside.get('short') ?? [], 0.99),
          };
        },
        close: () => server.stop(),
      };
    },
  };
}

function pickerOf(request: Request): ArrivalsPlan['pick'] {
  const requestsOf = (tokens: number) => Array.from({ length: VARIETY }, (_, seed) => request([textOf(tokens, seed)]));
  const requests = { short: requestsOf(SHORT_TOKENS), long: requestsOf(LONG_TOKENS) };
  return (random) => {
    const kind = random() < LONG_SHARE ? 'long' : 'short';
    return { kind, request: requests[kind][Math.floor(random() * VARIETY)] as ReturnType<Request> };
  };
}

/** Of the mix, by 32 connections. */
async function highestRate(server: RunningServer, pick: ArrivalsPlan['pick'], count: number): Promise<number> {
  // As many long ones as in the arrivals, whatever chance says.
  const every = Math.round(1 / LONG_SHARE);
  const requests = Array.from({ length: count }, (_, index) => {
    const picks = [index % every === 0 ? 0 : 1, (index % VARIETY) / VARIETY];
    return pick(() => picks.shift() ?? 0).request;
  });
  const { requestsPerSecond = 0 } = await driveOnce(server, { requests, concurrency: 32, rowsPerRequest: 1 });
  return requestsPerSecond;
}

function longRun(): Contestant {
  return rawTexts({
    name: LONG_RUN,
    modelFile: (settings) => textFile(settings, 'minilm'),
    batches: async (settings) => {
      const texts = Array.from({ length: settings.trial ? 3 : 15 }, (_, seed) => textOf(LONG_TOKENS, seed));
      const ids = await tokenize(settings, texts, { maxTokens: LONG_TOKENS });
      const wrong = ids.find((text) => text.ids.length !== LONG_TOKENS);
      if (wrong !== undefined) throw new Error(`a text of ${LONG_TOKENS} tokens has ${wrong.ids.length}`);
      return ids.map((text) => [text]);
    },
    processes: 1,
    threads: 1,
  });
}
