import type { LoadRequest } from '../../../src/loadgen/index.js';
import type { BenchSettings, Contestant } from '../../harness/row.js';
import type { RunningServer } from '../../harness/server-process.js';
import { startMillrace } from '../../harness/servers.js';
import { driveOnce } from '../../harness/text/drive.js';
import { MAX_TOKENS, readCorpus, type TextModelName, textEntry, textFile } from '../../harness/text/files.js';
import { type RawPlan, rawOutput, rawTexts } from '../../harness/text/raw.js';
import { fifoBatches, sortedBatches, spread, type TextIds, tokenize } from '../../harness/text/texts.js';
import { verifyAnswer } from '../../harness/verify.js';
import { fastapiTextRequest, installFastapiText, startFastapiText } from '../../peers/fastapi-text.js';

/** As many as raw has processes. */
export const PROCESSES = 2;
export const WARM_UP_SECONDS = 20;
/** Texts of a trial. */
const TRIAL_TEXTS = 64;
/** Texts in a batch of Text Embeddings Inference's ONNX backend. */
const TEI_BATCH = 8;

/** Which texts are sent, and how: the same for all contestants of a row. */
export interface TextWorkload {
  readonly model: TextModelName;
  /** Of the corpus, evenly spread. */
  readonly texts: number;
  readonly textsPerRequest: number;
  readonly concurrency: number;
  /** For models that rank. */
  readonly query?: string;
}

export const MILLRACE = 'millrace';
export const RAW = 'raw';
export const RAW_SINGLE = 'raw, one a run';
export const FIFO = 'FIFO of 8';
export const FASTAPI = 'fastapi ×2';
export const FASTAPI_TUNED = 'fastapi tuned ×2';

/** millrace with two instances of one thread. */
export function millraceTexts(workload: TextWorkload): Contestant {
  const { model, query } = workload;
  return servedTexts(workload, {
    name: MILLRACE,
    start: (settings) => startMillrace({ models: [textEntry(settings, model)] }),
    request: (texts) => (query === undefined ? embedTexts(texts) : rankTexts(texts, query)),
  });
}

/** A hand-written server with two processes of one thread. */
export function fastapiTexts(workload: TextWorkload, { isSorted }: { readonly isSorted: boolean }): Contestant {
  return servedTexts(workload, {
    name: isSorted ? FASTAPI_TUNED : FASTAPI,
    start: (settings) => startFastapi(settings, { isSorted }),
    request: fastapiTextRequest,
  });
}

export function startFastapi(
  settings: BenchSettings,
  { isSorted, maxTokens = MAX_TOKENS.minilm }: { readonly isSorted: boolean; readonly maxTokens?: number },
): Promise<RunningServer> {
  installFastapiText(settings.say);
  const modelFile = textFile(settings, 'minilm');
  const tokenizerFile = textFile(settings, 'tokenizer');
  return startFastapiText({ modelFile, tokenizerFile, maxTokens, isSorted });
}

/** ONNX Runtime alone in two processes of one thread: ids ready, texts sorted by length, at most 256 padded tokens a batch. */
export function rawSorted(workload: TextWorkload): Contestant {
  return rawOf(workload, { name: RAW, processes: PROCESSES, threads: 1, cut: (ids) => sortedBatches(ids) });
}

/** ONNX Runtime alone with TEI's policy: batches of 8 in the order of arrival. */
export function rawFifo(workload: TextWorkload): Contestant {
  return rawOf(workload, { name: FIFO, processes: PROCESSES, threads: 1, cut: (ids) => fifoBatches(ids, TEI_BATCH) });
}

/** ONNX Runtime alone in processes of one thread, a text a run. */
export function rawSingle(workload: TextWorkload, processes: number): Contestant {
  return rawOf(workload, { name: RAW_SINGLE, processes, threads: 1, cut: (ids) => fifoBatches(ids, 1) });
}

interface RawOptions extends Pick<RawPlan, 'name' | 'processes' | 'threads'> {
  readonly cut: (ids: readonly TextIds[]) => readonly (readonly TextIds[])[];
}

function rawOf(workload: TextWorkload, { cut, ...plan }: RawOptions): Contestant {
  return rawTexts({
    ...plan,
    modelFile: (settings) => textFile(settings, workload.model),
    batches: async (settings) => cut(await idsOf(settings, workload, textsOf(settings, workload))),
  });
}

interface ServedTexts {
  readonly name: string;
  readonly start: (settings: BenchSettings) => Promise<RunningServer>;
  readonly request: (texts: readonly string[]) => LoadRequest;
}

/** A server that is sent every text once in each round. */
function servedTexts(workload: TextWorkload, { name, start, request }: ServedTexts): Contestant {
  const { textsPerRequest, concurrency } = workload;
  return {
    name,
    peer: false,
    async open(settings) {
      const texts = textsOf(settings, workload);
      const server = await start(settings);
      const requests = Array.from({ length: Math.ceil(texts.length / textsPerRequest) }, (_, index) =>
        request(texts.slice(index * textsPerRequest, (index + 1) * textsPerRequest)),
      );
      const measure = () => driveOnce(server, { requests, concurrency, rowsPerRequest: textsPerRequest });
      return {
        async warmUp() {
          const [first = ''] = texts;
          await verifyAnswer(server.url, request([first]), await expectedOf(settings, workload, first));
          await driveFor(settings.trial ? 0 : WARM_UP_SECONDS, measure);
        },
        measure,
        close: () => server.stop(),
      };
    },
  };
}

/** Drives a server at least once, and until so many seconds have passed. */
export async function driveFor(seconds: number, drive: () => Promise<unknown>): Promise<void> {
  const until = performance.now() + seconds * 1000;
  do {
    await drive();
  } while (performance.now() < until);
}

/** Texts to embed by OpenAI's API, with the answer in JSON. */
export function embedTexts(texts: readonly string[]): LoadRequest {
  return postJson('/v1/embeddings', { model: 'minilm', input: texts, encoding_format: 'float' });
}

/** Texts to rank by the Open Inference Protocol. */
function rankTexts(texts: readonly string[], query: string): LoadRequest {
  const tensor = (name: string, data: readonly string[]) => ({ name, datatype: 'BYTES', shape: [data.length], data });
  const inputs = [tensor('query', [query]), tensor('text', texts)];
  return postJson('/v2/models/rerank/infer', { inputs, outputs: [{ name: 'score' }] });
}

export function postJson(path: string, body: unknown): LoadRequest {
  const headers = { 'content-type': 'application/json' };
  return { method: 'POST', path, headers, body: Buffer.from(JSON.stringify(body)) };
}

function textsOf(settings: BenchSettings, { texts, textsPerRequest }: TextWorkload): readonly string[] {
  const wanted = settings.trial ? Math.max(TRIAL_TEXTS, textsPerRequest) : texts;
  return spread(readCorpus(settings), wanted);
}

function idsOf(
  settings: BenchSettings,
  { model, query }: TextWorkload,
  texts: readonly string[],
): Promise<readonly TextIds[]> {
  return tokenize(settings, texts, { query, maxTokens: MAX_TOKENS[model] });
}

/** What ONNX Runtime alone says of a text. */
async function expectedOf(settings: BenchSettings, workload: TextWorkload, text: string): Promise<readonly number[]> {
  const [ids] = await idsOf(settings, workload, [text]);
  const outputs = await rawOutput(textFile(settings, workload.model), ids as TextIds);
  return workload.query === undefined ? outputs : outputs.map((logit) => 1 / (1 + Math.exp(-logit)));
}
