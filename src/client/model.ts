import { MillraceError, type Tensor } from '../core/index.js';
import type { Connection } from './connection.js';
import { decodeAnswer, parseServerTiming, toClassScores, toResult } from './decode.js';
import { encodeGenerate, encodeRequest, type RequestOptions } from './encode.js';
import { MillraceClientError } from './errors.js';
import { decodeEvent, readEvents } from './events.js';
import { MetadataCache, sameInputs } from './metadata-cache.js';
import { rankedOutput } from './ranked-output.js';
import { needsMetadata, toTensors as readTensors } from './to-tensor.js';
import { type Budget, type HttpAnswer, waitWithin } from './transport.js';
import type {
  AnyModel,
  CallOptions,
  ClassScore,
  InferOptions,
  InferResult,
  Inputs,
  ModelMetadata,
  ModelStatistics,
  ModelTypes,
} from './types.js';

export interface ClassifyOptions<M extends ModelTypes = AnyModel> extends InferOptions<M> {
  /** How many classes; default 5. */
  readonly top?: number;
  /** The output to rank; default the model's first of floats (behind a label, the probabilities), else its first. */
  readonly output?: keyof M['outputs'] & string;
}

export type StreamOptions<M extends ModelTypes = AnyModel> = Omit<InferOptions<M>, 'binary' | 'idempotent'>;

/** One model, or one version of it, on a server. */
export interface ModelClient<M extends ModelTypes = AnyModel> {
  readonly name: string;
  readonly version: string | undefined;
  /** Runs one inference. */
  infer(inputs: Inputs<M>, options?: InferOptions<M>): Promise<InferResult<M>>;
  /**
   * The answers of a model that gives any number of them (`generate_stream`), as they come; an answer that is an error
   * is thrown and ends the loop. Leaving the loop cancels the rest. Never sent again; `timeoutMs` bounds the whole.
   */
  stream(inputs: Inputs<M>, options?: StreamOptions<M>): AsyncIterable<InferResult<M>>;
  /** The top classes of one output with the model's labels: a list for each row. */
  classify(inputs: Inputs<M>, options?: ClassifyOptions<M>): Promise<readonly (readonly ClassScore[])[]>;
  metadata(options?: CallOptions): Promise<ModelMetadata>;
  /** The configuration as Triton shows it. */
  config(options?: CallOptions): Promise<Readonly<Record<string, unknown>>>;
  /** Whether it answers requests; false also for unknown models. */
  ready(options?: CallOptions): Promise<boolean>;
  /** Of each version that this client addresses. */
  statistics(options?: CallOptions): Promise<readonly ModelStatistics[]>;
}

type RunOptions = RequestOptions & Pick<InferOptions, 'timeoutMs' | 'signal' | 'idempotent' | 'requestId'>;

export function createModelClient<M extends ModelTypes>(
  connection: Connection,
  name: string,
  version: string | undefined,
): ModelClient<M> {
  const path = `/v2/models/${encodeURIComponent(name)}${version === undefined ? '' : `/versions/${encodeURIComponent(version)}`}`;
  const fetchMetadata = (budget: Budget) => connection.getJson<ModelMetadata>(path, budget);
  // The cache outlives the call that fills it, so that call's own deadline and signal do not belong to it.
  const cache = new MetadataCache(() => fetchMetadata(connection.budget()));

  const post = async (tensors: readonly Tensor[], options: RunOptions, budget: Budget) => {
    const { headers, body } = asClientError(() => encodeRequest(tensors, { binary: connection.binary, ...options }));
    return connection.send({
      method: 'POST',
      path: `${path}/infer`,
      headers: {
        ...headers,
        // Compressing tensors costs more time than it saves anywhere but on slow lines; browsers ignore this header.
        'accept-encoding': 'identity',
        ...(options.requestId === undefined ? {} : { 'x-request-id': options.requestId }),
      },
      body,
      idempotent: options.idempotent ?? connection.idempotent,
      budget,
    });
  };

  const run = async (inputs: Inputs<M>, options: RunOptions): Promise<HttpAnswer> => {
    const budget = connection.budget(options);
    if (!Object.values(inputs).some(needsMetadata)) return post(toTensors(inputs, undefined), options, budget);
    const { metadata, fresh } = await waitWithin(budget, cache.get());
    try {
      return await post(toTensors(inputs, metadata), options, budget);
    } catch (error) {
      // A misfit, found here or there, was not executed; the model may have changed since its metadata was kept.
      if (fresh || !(error instanceof MillraceClientError) || error.code !== 'invalid_argument') throw error;
      const current = await waitWithin(budget, cache.refresh());
      if (sameInputs(metadata, current)) throw error;
      return post(toTensors(inputs, current), options, budget);
    }
  };

  const stream = async function* (inputs: Inputs<M>, options: StreamOptions<M>): AsyncGenerator<InferResult<M>> {
    const budget = connection.budget(options);
    // Kept metadata may be of a model that has changed, and nothing of a stream is sent again.
    const metadata = await waitWithin(budget, cache.refresh());
    const body = asClientError(() => encodeGenerate(toTensors(inputs, metadata), options));
    const pieces = connection.stream({
      method: 'POST',
      path: `${path}/generate_stream`,
      headers: {
        'content-type': 'application/json',
        ...(options.requestId === undefined ? {} : { 'x-request-id': options.requestId }),
      },
      body,
      idempotent: false,
      budget,
    });
    for await (const event of readEvents(pieces, connection.maxResponseBytes)) {
      const answer = decodeEvent(event, metadata);
      const tensors = answer.tensors.filter(({ name: output }) => options.outputs?.includes(output) ?? true);
      // The header says when the first answer came, not each.
      yield toResult<M>({ ...answer, tensors }, { requestId: requestIdOf(event.headers), timingMs: {} });
    }
  };

  return {
    name,
    version,
    stream: (inputs, options = {}) => stream(inputs, options),
    async infer(inputs, options = {}) {
      const answer = await run(inputs, options);
      return toResult<M>(decodeAnswer(answer), {
        requestId: requestIdOf(answer.headers),
        timingMs: parseServerTiming(answer.headers.get('server-timing')),
      });
    },
    async classify(inputs, options = {}) {
      const { top = 5, output: asked, ...rest } = options;
      const output = asked ?? rankedOutput((await cache.get()).metadata.outputs) ?? '';
      const answer = decodeAnswer(await run(inputs, { ...rest, outputs: [output], classes: { [output]: top } }));
      return answer.tensors.flatMap(toClassScores);
    },
    async metadata(options) {
      const metadata = await fetchMetadata(connection.budget(options));
      cache.learn(metadata);
      return metadata;
    },
    config: (options) => connection.getJson(`${path}/config`, connection.budget(options)),
    ready: (options) => connection.isOk(`${path}/ready`, connection.budget(options)),
    async statistics(options) {
      const answer = await connection.getJson<{ model_stats: readonly ModelStatistics[] }>(
        `${path}/stats`,
        connection.budget(options),
      );
      return answer.model_stats;
    },
  };
}

function toTensors(inputs: Readonly<Record<string, unknown>>, metadata: ModelMetadata | undefined): readonly Tensor[] {
  return asClientError(() => readTensors(inputs, metadata));
}

/** What is wrong with the inputs is found by code that the server shares: callers of the client see one class only. */
function asClientError<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw error instanceof MillraceError ? new MillraceClientError(error.code, error.message, { cause: error }) : error;
  }
}

function requestIdOf(headers: Headers): string | undefined {
  return headers.get('x-request-id') ?? undefined;
}
