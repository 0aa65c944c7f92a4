import type { App } from './app.js';
import {
  type AnyModel,
  type InferResult,
  type Inputs,
  type ModelTypes,
  parseServerTiming,
  type SequenceStep,
  type StreamOptions,
  toResult,
  toTensors,
} from './client/index.js';
import {
  Call,
  type InferRequest,
  type InferResponse,
  invalidArgument,
  MillraceError,
  type SequenceControl,
  scalarParameters,
} from './core/index.js';
import type { ModelInfo } from './engine/index.js';
import { EMBEDDING_PROGRAM } from './governance/index.js';
import { formatServerTiming } from './server/index.js';
import type { InferResult as Answers } from './service/index.js';

/** The client's, but for what is about the wire; `timeoutMs` defaults to `server.requestTimeoutMs`. */
export type LocalInferOptions<M extends ModelTypes = AnyModel> = StreamOptions<M>;

/** A model of this process as {@link ModelClient} is one of a server; everything rejects with MillraceError. */
export interface LocalModel<M extends ModelTypes = AnyModel> {
  readonly name: string;
  /** undefined = the version that the policy chooses. */
  readonly version: number | undefined;
  /** Runs one inference without a socket. */
  infer(inputs: Inputs<M>, options?: LocalInferOptions<M>): Promise<InferResult<M>>;
  /**
   * The answers of a model that gives any number of them, as they come; one of any other. An answer that is an error is
   * thrown and ends the loop. Leaving the loop cancels the rest; `timeoutMs` bounds the whole.
   */
  stream(inputs: Inputs<M>, options?: LocalInferOptions<M>): AsyncIterable<InferResult<M>>;
}

/** A call from inside the process: everything is allowed. */
export function localCall(
  app: App,
  { timeoutMs, requestId }: Pick<LocalInferOptions, 'timeoutMs' | 'requestId'> = {},
): Call {
  const receivedAt = app.clock.now();
  const deadlineAt = receivedAt + (timeoutMs ?? app.settings.server.requestTimeoutMs);
  return Call.of({ ...EMBEDDING_PROGRAM, name: 'local' }, { requestId, receivedAt, deadlineAt });
}

/** One model of the app, or one version of it, called along the same way as by every dialect. */
export function createLocalModel<M extends ModelTypes>(
  app: App,
  name: string,
  version: number | undefined,
): LocalModel<M> {
  const start = async (call: Call, inputs: Inputs<M>, options: LocalInferOptions<M>): Promise<Answers> => {
    const resolved = await app.service.inference.resolve(call, { name, version });
    return app.service.inference.infer(call, resolved, createRequest(resolved.info, inputs, options));
  };

  const read = (
    call: Call,
    { timing }: Answers,
    { ref, id, outputs: tensors, parameters }: InferResponse,
  ): InferResult<M> =>
    toResult<M>(
      { modelName: ref.name, modelVersion: String(ref.version), id, parameters: scalarParameters(parameters), tensors },
      { requestId: call.requestId, timingMs: parseServerTiming(formatServerTiming(timing, app.clock.now())) },
    );

  return {
    name,
    version,
    async infer(inputs, options = {}) {
      const { call, release } = openCall(app, options);
      try {
        const result = await start(call, inputs, options);
        if (result.kind === 'one') return read(call, result, result.response);
        const refusal = new MillraceError('unimplemented', `model '${name}' answers any number of times; use stream`);
        call.cancel(refusal);
        throw refusal;
      } finally {
        release();
      }
    },
    async *stream(inputs, options = {}) {
      const { call, release } = openCall(app, options);
      try {
        const result = await start(call, inputs, options);
        if (result.kind === 'one') {
          yield read(call, result, result.response);
          return;
        }
        for await (const response of result.responses) {
          if (response.error !== undefined) throw response.error;
          // The stages of a stream are no answer's own.
          yield { ...read(call, result, response), timingMs: {} };
        }
      } finally {
        release();
      }
    },
  };
}

/** A call that is cancelled at its deadline and when the caller's signal is aborted, until it is released. */
function openCall(app: App, options: Pick<LocalInferOptions, 'signal' | 'timeoutMs' | 'requestId'>) {
  const call = localCall(app, options);
  const { signal } = options;
  const abort = () => call.cancel(new MillraceError('cancelled', 'the caller aborted', { cause: signal?.reason }));
  if (signal?.aborted) abort();
  signal?.addEventListener('abort', abort, { once: true });
  const watch = app.deadlines.watch(call);
  const release = () => {
    signal?.removeEventListener('abort', abort);
    app.deadlines.unwatch(watch);
    call.end();
  };
  return { call, release };
}

function createRequest(
  { ref, signature }: Pick<ModelInfo, 'ref' | 'signature'>,
  inputs: Readonly<Record<string, unknown>>,
  options: Omit<LocalInferOptions, 'outputs'> & { readonly outputs?: readonly string[] },
): InferRequest {
  return {
    id: options.id ?? '',
    inputs: toTensors(inputs, { name: ref.name, inputs: signature.inputs }),
    outputs: options.outputs?.map((output) => ({ name: output, classificationCount: 0 })),
    parameters: options.parameters ?? {},
    priority: options.priority ?? 0,
    queueTimeoutMs: options.queueTimeoutMs,
    sequence: options.sequence && toControl(options.sequence),
  };
}

function toControl({ id, start = false, end = false }: SequenceStep): SequenceControl {
  if (typeof id === 'number' && !Number.isSafeInteger(id)) {
    throw invalidArgument(`sequence.id: expected an integer up to 2^53, a bigint or text, got ${id}`);
  }
  return { id: typeof id === 'number' ? BigInt(id) : id, start, end };
}
