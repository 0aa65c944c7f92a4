import {
  type Call,
  type Clock,
  DeadlineWatch,
  type EventBus,
  type InferRequest,
  type InferResponse,
  MillraceError,
  toMillraceError,
} from '../core/index.js';
import type { Engine, ModelInfo, Sink } from '../engine/index.js';
import { admit } from '../governance/index.js';
import type { SharedMemory } from '../shared-memory/index.js';
import { classifyOutputs } from './classify.js';
import { findVersion } from './find-version.js';
import { ResponseStream } from './response-stream.js';
import { SharedTensors, usesSharedMemory } from './shared-tensors.js';
import type { InferResult } from './types.js';

export interface InferDependencies {
  readonly engine: Engine;
  readonly clock: Clock;
  readonly events: EventBus;
  readonly sharedMemory: SharedMemory;
  /** The server is still finding out which models there are. */
  readonly starting: () => boolean;
}

interface ChosenCall {
  readonly call: Call;
  readonly request: InferRequest;
  readonly info: ModelInfo;
}

type OneResult = Extract<InferResult, { readonly kind: 'one' }>;

/** The use case that everything is about: admit, choose the version, submit, answer. One `inferFinished` a call. */
export function createInfer({ engine, clock, events, sharedMemory, starting }: InferDependencies) {
  const deadlines = new DeadlineWatch(clock);

  function choose(call: Call, request: InferRequest): ModelInfo {
    admit(call.principal, 'infer');
    return findVersion(engine, { name: request.modelName, version: request.modelVersion }, starting);
  }

  function finish(call: Call, request: InferRequest, outcome: { info?: ModelInfo; error: MillraceError | undefined }) {
    const { info, error } = outcome;
    const rows = info !== undefined && info.maxBatchSize > 0 ? (request.inputs[0]?.shape[0] ?? 1) : 1;
    events.publish('inferFinished', { call, request, ref: info?.ref, error, rows });
  }

  /** Never throws: whoever hands over the answer has others to serve. */
  function respond(info: ModelInfo, request: InferRequest, response: InferResponse): InferResponse | MillraceError {
    try {
      const outputs = classifyOutputs(response.outputs, request.outputs, info.signature.outputs);
      return outputs === response.outputs ? response : { ...response, outputs };
    } catch (error) {
      return toMillraceError(error);
    }
  }

  /** The one answer of a model that is not decoupled; `settle` is called just before it comes. */
  function submitOne(
    { call, request, info }: ChosenCall,
    settle: (error: MillraceError | undefined) => void,
  ): Promise<OneResult> {
    return new Promise((resolve, reject) => {
      let answer: InferResponse | MillraceError | undefined;
      const sink: Sink = {
        onResponse(response) {
          answer = respond(info, request, response);
        },
        onEnd(error) {
          const outcome = error ?? answer ?? new MillraceError('internal', 'no answer came');
          const failure = outcome instanceof MillraceError ? outcome : undefined;
          settle(failure);
          if (outcome instanceof MillraceError) reject(outcome);
          else resolve({ kind: 'one', response: outcome });
        },
      };
      engine.submit(info.ref, { request, call, sink });
    });
  }

  function submitMany({ call, request, info }: ChosenCall, settle: (error: MillraceError | undefined) => void) {
    const stream = new ResponseStream(call, settle);
    stream.grantsBy(engine.submit(info.ref, { request, call, sink: stream }));
    return { kind: 'many', responses: stream } as const;
  }

  /** Tensors in shared memory are read before the request is submitted, and written before it is answered. */
  async function inferShared(chosen: ChosenCall, settle: (error: MillraceError | undefined) => void) {
    const { call, info } = chosen;
    let tensors: SharedTensors | undefined;
    try {
      tensors = new SharedTensors(sharedMemory, chosen.request, info.decoupled);
      const request = await tensors.read();
      if (info.decoupled) return submitMany({ call, request, info }, settle);
      const { response } = await submitOne({ call, request, info }, () => undefined);
      const written = await tensors.write(response);
      settle(undefined);
      return { kind: 'one', response: written } as const;
    } catch (error) {
      settle(toMillraceError(error));
      throw error;
    } finally {
      tensors?.release();
    }
  }

  return function infer(call: Call, request: InferRequest): Promise<InferResult> {
    let info: ModelInfo;
    try {
      info = choose(call, request);
    } catch (error) {
      finish(call, request, { error: toMillraceError(error) });
      return Promise.reject(error);
    }
    const token = deadlines.watch(call);
    const settle = (error: MillraceError | undefined) => {
      deadlines.unwatch(token);
      finish(call, request, { info, error });
    };
    const chosen = { call, request, info };
    if (usesSharedMemory(request)) return inferShared(chosen, settle);
    return info.decoupled ? Promise.resolve(submitMany(chosen, settle)) : submitOne(chosen, settle);
  };
}
