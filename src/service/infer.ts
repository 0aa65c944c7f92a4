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
import { classifyOutputs } from './classify.js';
import { findVersion } from './find-version.js';
import { ResponseStream } from './response-stream.js';
import type { InferResult } from './types.js';

export interface InferDependencies {
  readonly engine: Engine;
  readonly clock: Clock;
  readonly events: EventBus;
  /** The server is still finding out which models there are. */
  readonly starting: () => boolean;
}

/** The use case that everything is about: admit, choose the version, submit, answer. One `inferFinished` a call. */
export function createInfer({ engine, clock, events, starting }: InferDependencies) {
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

  return function infer(call: Call, request: InferRequest): Promise<InferResult> {
    let info: ModelInfo;
    try {
      info = choose(call, request);
    } catch (error) {
      finish(call, request, { error: toMillraceError(error) });
      return Promise.reject(error);
    }
    const token = deadlines.watch(call);
    if (info.decoupled) {
      const stream = new ResponseStream(call, (error) => {
        deadlines.unwatch(token);
        finish(call, request, { info, error });
      });
      engine.submit(info.ref, { request, call, sink: stream });
      return Promise.resolve({ kind: 'many', responses: stream });
    }
    return new Promise((resolve, reject) => {
      let answer: InferResponse | MillraceError | undefined;
      const sink: Sink = {
        onResponse(response) {
          answer = respond(info, request, response);
        },
        onEnd(error) {
          deadlines.unwatch(token);
          const outcome = error ?? answer ?? new MillraceError('internal', 'no answer came');
          const failure = outcome instanceof MillraceError ? outcome : undefined;
          finish(call, request, { info, error: failure });
          if (outcome instanceof MillraceError) reject(outcome);
          else resolve({ kind: 'one', response: outcome });
        },
      };
      engine.submit(info.ref, { request, call, sink });
    });
  };
}
