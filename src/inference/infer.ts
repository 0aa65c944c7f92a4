import type { Inference, QuotaAccount, QuotaGate } from '../account/index.js';
import type { AuditTrail } from '../audit/index.js';
import {
  type Call,
  type Clock,
  type EventBus,
  type InferRequest,
  type InferTarget,
  MillraceError,
  toMillraceError,
} from '../core/index.js';
import { type Engine, ModelDownError, type ModelInfo } from '../engine/index.js';
import type { MediaDecoders, VersionLookup } from '../models/index.js';
import { tell, UndecodedInputError } from '../models/index.js';
import type { RouteArm } from '../routing/index.js';
import type { SharedMemory } from '../shared-memory/index.js';
import type { RouteTable } from '../traffic/index.js';
import type { ArmChoice } from './arm-choice.js';
import { checkClasses } from './classify.js';
import { inferWithinQuotas } from './infer-within-quotas.js';
import { joinPieces } from './join-pieces.js';
import { createResolution, hasOtherArm, type Resolution } from './resolve.js';
import type { RouteTaps } from './route-taps.js';
import { rowsOf } from './rows-of.js';
import { createRun } from './run.js';
import { outputUses, usesSharedMemory } from './shared-tensors.js';
import type { Settle } from './submit.js';
import type { InferResult, Resolved } from './types.js';

export interface InferDependencies {
  readonly engine: Engine;
  readonly clock: Clock;
  readonly events: EventBus;
  readonly sharedMemory: SharedMemory;
  readonly lookup: VersionLookup;
  readonly routes: RouteTable;
  readonly taps: RouteTaps;
  readonly audit: Pick<AuditTrail, 'checkInference'>;
  readonly decoders: Pick<MediaDecoders, 'decode'>;
  /** undefined = there are no quotas. */
  readonly quotas?: Pick<QuotaGate, 'open'> | undefined;
}

const NO_ARMS: ReadonlySet<RouteArm> = new Set();

interface Outcome {
  readonly target: InferTarget;
  readonly request?: InferRequest;
  readonly info?: ModelInfo | undefined;
  readonly error: MillraceError | undefined;
  /** The model has answered: an error is about what was to be done with the answer. */
  readonly answered?: boolean;
}

/** The use case that everything is about: resolve, submit, answer. One `inferFinished` a call. */
export function createInfer(dependencies: InferDependencies) {
  const { engine, clock, events, sharedMemory, lookup, routes, taps, audit, decoders, quotas } = dependencies;
  const submit = createRun({ engine, sharedMemory, decoders, clock });
  const { resolve, checkTarget, mayInfer, settleArm, renew, otherArm } = createResolution({
    lookup,
    routes,
    clock,
    onRefused: (call, target, error) => finish(call, { target, error }),
  });

  function finish(call: Call, { target, request, info, error, answered = error === undefined }: Outcome): void {
    const rows = info === undefined ? 1 : rowsOf(request, info);
    events.publish('inferFinished', { call, target, request, ref: info?.ref, error, answered, rows });
  }

  function run({ call, resolved, request }: Inference, account: QuotaAccount | undefined): Promise<InferResult> {
    const { target, own } = resolved;
    // Only the service makes them.
    let resolution = resolved as Resolution;
    let info: ModelInfo | undefined;
    /** Of a route: what it has gone to. */
    let running: ArmChoice | undefined;
    const tapped = resolution.choice && taps.open(call, resolution.choice.route);
    const begin = (): void => {
      const { choice } = resolution;
      if (choice === undefined || choice === running) return;
      running = choice;
      routes.began(choice);
      tapped?.chosen(choice);
    };
    /** The version that is to run it, checked for what is asked of it beyond its signature. */
    const chooseInfo = (): ModelInfo => {
      const before = info;
      info = undefined;
      resolution = renew(resolution, call, request);
      info = resolution.info;
      if (info !== before) check(request, info);
      begin();
      return info;
    };
    let chosen: ModelInfo;
    try {
      if (call.cancelled !== undefined) throw call.cancelled;
      audit.checkInference(own.name);
      resolution = settleArm(resolution, call, request);
      chosen = chooseInfo();
      if (tapped !== undefined && !usesSharedMemory(request)) tapped.read(request);
    } catch (thrown) {
      const error = toMillraceError(thrown);
      account?.settle(error);
      finish(call, { target: own, request, info, error });
      return Promise.reject(tell(error, call, { name: target.name, isRoute: resolution.choice !== undefined }));
    }
    const settle: Settle = (error, answered = error === undefined) => {
      // The arm has not seen it.
      const undecoded = error instanceof UndecodedInputError;
      if (running !== undefined && !undecoded) routes.ended(running, error);
      account?.settle(error);
      tapped?.ended(undecoded ? new MillraceError('cancelled', error.message) : error);
      finish(call, { target: own, request, info, error, answered });
    };
    let tried: ReadonlySet<RouteArm> = NO_ARMS;
    const chooseOther = (error: MillraceError): ModelInfo | undefined => {
      if (running === undefined || call.cancelled !== undefined) return undefined;
      // Where no instance is up, what has run may run again.
      const hasRun = call.timing.dequeuedAt > 0 && !(error instanceof ModelDownError);
      const other = otherArm(resolution, call, { error, request, hasRun, tried });
      if (other === undefined) return undefined;
      routes.ended(running, error);
      tapped?.ended(error);
      tried = new Set([...tried, running.arm]);
      resolution = other;
      info = other.info;
      begin();
      return info;
    };
    const mayMove = () => hasOtherArm(routes, resolution, { request, tried });
    const isRoute = resolution.choice !== undefined;
    const askedName = target.name;
    const result = submit(
      { call, request, info: chosen, chooseInfo, chooseOther, mayMove, askedName, isRoute, tapped, account },
      settle,
    );
    const { whole = false } = resolution.options;
    return whole && chosen.tasks?.generate !== undefined ? result.then(joinPieces) : result;
  }

  const start =
    quotas === undefined
      ? (inference: Inference) => run(inference, undefined)
      : inferWithinQuotas(quotas, {
          run,
          onRefused: ({ call, resolved: { own, info }, request }, error) =>
            finish(call, { target: own, request, info, error }),
        });
  return {
    resolve,
    checkTarget,
    mayInfer,
    infer: (call: Call, resolved: Resolved, request: InferRequest) => start({ call, resolved, request }),
  };
}

/** Throws for what the caller asks for beyond what the model can do, before anything is submitted. */
function check(request: InferRequest, info: ModelInfo): void {
  if (usesSharedMemory(request)) outputUses(request, info);
  checkClasses(request, info.signature.outputs);
}
