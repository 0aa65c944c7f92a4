import {
  type Call,
  type Clock,
  DeadlineWatch,
  type EventBus,
  type InferRequest,
  MillraceError,
  NO_PARAMETERS,
  Turns,
  toMillraceError,
} from '../core/index.js';
import type { Engine, ModelInfo } from '../engine/index.js';
import { admit } from '../governance/index.js';
import type { SharedMemory } from '../shared-memory/index.js';
import { checkClasses } from './classify.js';
import { findVersion } from './find-version.js';
import { createRun, type Settle } from './run.js';
import { outputUses, usesSharedMemory } from './shared-tensors.js';
import type { InferOptions, InferResult, InferTarget } from './types.js';

const NO_OPTIONS: InferOptions = {};
/** Of a request that failed before it was read. */
const NOTHING_ASKED: Omit<InferRequest, 'modelName' | 'modelVersion'> = {
  id: '',
  inputs: [],
  outputs: undefined,
  parameters: NO_PARAMETERS,
  priority: 0,
  queueTimeoutMs: undefined,
  sequence: undefined,
};

export interface InferDependencies {
  readonly engine: Engine;
  readonly clock: Clock;
  readonly events: EventBus;
  readonly sharedMemory: SharedMemory;
  /** The server is still finding out which models there are. */
  readonly starting: () => boolean;
}

interface Outcome {
  readonly info?: ModelInfo;
  readonly error: MillraceError | undefined;
  /** The model has answered: an error is about what was to be done with the answer. */
  readonly answered?: boolean;
}

/** The use case that everything is about: admit, choose the version, submit, answer. One `inferFinished` a call. */
export function createInfer({ engine, clock, events, sharedMemory, starting }: InferDependencies) {
  const deadlines = new DeadlineWatch(clock);
  const run = createRun({ engine, sharedMemory, turns: new Turns(clock) });

  function choose(call: Call, request: Pick<InferRequest, 'modelName' | 'modelVersion'>): ModelInfo {
    admit(call.principal, 'infer');
    return findVersion(engine, { name: request.modelName, version: request.modelVersion }, starting);
  }

  function finish(call: Call, request: InferRequest, { info, error, answered = error === undefined }: Outcome): void {
    const rows = info !== undefined && info.maxBatchSize > 0 ? (request.inputs[0]?.shape[0] ?? 1) : 1;
    events.publish('inferFinished', { call, request, ref: info?.ref, error, answered, rows });
  }

  /** What the caller asks for beyond what the model can do, before anything is submitted. */
  function check(request: InferRequest, info: ModelInfo, { onlyOne }: InferOptions): void {
    if (usesSharedMemory(request)) outputUses(request, info.decoupled);
    if (onlyOne !== undefined && info.decoupled) {
      throw new MillraceError('unimplemented', `model '${request.modelName}' may give several answers, ${onlyOne}`);
    }
    checkClasses(request, info.signature.outputs);
  }

  return {
    chooseModel(call: Call, model: InferTarget): ModelInfo {
      const request = { ...NOTHING_ASKED, modelName: model.name, modelVersion: model.version };
      try {
        return choose(call, request);
      } catch (error) {
        finish(call, request, { error: toMillraceError(error) });
        throw error;
      }
    },
    infer(call: Call, request: InferRequest, options: InferOptions = NO_OPTIONS): Promise<InferResult> {
      let info: ModelInfo | undefined;
      try {
        info = options.chosen ?? choose(call, request);
        check(request, info, options);
      } catch (error) {
        finish(call, request, { ...(info && { info }), error: toMillraceError(error) });
        return Promise.reject(error);
      }
      const token = deadlines.watch(call);
      const settle: Settle = (error, answered) => {
        deadlines.unwatch(token);
        finish(call, request, { info, error, ...(answered && { answered }) });
      };
      return run({ call, request, info }, settle);
    },
  };
}
