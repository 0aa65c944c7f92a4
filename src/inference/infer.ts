import {
  type Call,
  type CallContext,
  type Deferral,
  type EventBus,
  type InferRequest,
  type InferTarget,
  invalidArgument,
  MillraceError,
  toMillraceError,
} from '../core/index.js';
import type { ModelInfo } from '../engine/index.js';
import type { Audited } from '../governance/index.js';
import { hasMedia, type VersionLookup } from '../models/index.js';
import { Inference, type InferenceParts, noteCandidate } from './inference.js';
import { joinPieces } from './join-pieces.js';
import { createEventObserver, type InferenceObserver } from './observer.js';
import { type Plan, planFor } from './plan.js';
import { Resolver, type Routes } from './resolver.js';
import { createRun, type RunDependencies } from './run.js';
import { RunningSequences } from './running-sequences.js';
import { createSharedMemoryUseCases } from './shared-memory-use-cases.js';
import { usesSharedMemory } from './shared-tensors.js';
import type { InferenceUseCases, InferResult, Resolved, ResolveOptions } from './types.js';

export interface InferenceSetup extends RunDependencies {
  readonly events: EventBus;
  readonly lookup: VersionLookup;
  readonly routes: Routes;
  /** In the order in which they are asked and told; the event of the end comes after them. */
  readonly observers: readonly InferenceObserver[];
}

/** Runs the copy of a request that no caller waits for. `choose` gives its version, also in place of one that has been unloaded. Rejects with the error by which it ends. */
export type InferCopy = (call: Call, choose: () => ModelInfo, request: InferRequest) => Promise<InferResult>;

/** Inference as protocols see it, and copies for shadows. */
export function createInference(setup: InferenceSetup & { readonly audited: Audited }): {
  readonly useCases: InferenceUseCases;
  readonly inferCopy: InferCopy;
} {
  const { inferCopy, ...infer } = createInfer(setup);
  return { useCases: { ...infer, ...createSharedMemoryUseCases(setup) }, inferCopy };
}

/** Resolves and runs inferences. Publishes one `inferFinished` for each call. */
export function createInfer(dependencies: InferenceSetup) {
  const { clock, engine, events, lookup, routes } = dependencies;
  const { epochMs } = clock;
  const observers = [...dependencies.observers, createEventObserver(events)];
  const sequences = new RunningSequences(clock);
  const resolver = new Resolver({
    lookup,
    routes,
    sequences,
    clock,
    onRefused(call, target, error) {
      const event = { call, target, request: undefined, ref: undefined, error, answered: false, rows: 1, epochMs };
      for (const observer of observers) observer.ended?.(event, 'request');
    },
  });
  const parts: InferenceParts = { clock, epochMs, observers, sequences, candidates: resolver.candidates };
  const submit = createRun(dependencies);

  function run(inference: Inference): Promise<InferResult> {
    let info: ModelInfo;
    try {
      info = inference.begin();
    } catch (error) {
      return Promise.reject(error);
    }
    const result = submit(inference, info);
    return inference.isWhole ? result.then(joinPieces) : result;
  }

  function start(inference: Inference): Promise<InferResult> {
    try {
      const waiting = inference.admit();
      return waiting === undefined ? run(inference) : waiting.then(() => run(inference));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** Checks an inference as far as its run, and hands it over in place of that. Rejects in any case: there is no answer. */
  async function defer(inference: Inference, deferral: Deferral): Promise<never> {
    const { request } = inference;
    checkDeferrable(request);
    await inference.admit();
    const { ref } = inference.begin();
    let problem: MillraceError | undefined;
    try {
      if (!hasMedia(request, inference.info)) engine.check(ref, request);
    } catch (error) {
      problem = toMillraceError(error);
    }
    inference.end(problem ?? STORED);
    if (problem !== undefined) throw inference.told(problem);
    deferral.checked(inference.target);
    throw STORED;
  }

  return {
    resolve: (call: Call, target: InferTarget, options?: ResolveOptions) => resolver.resolve(call, target, options),
    checkTarget: (call: Call, target: InferTarget) => resolver.check(call, target),
    mayInfer: (call: CallContext, name: string) => resolver.mayInfer(call, name),
    infer(call: Call, resolved: Resolved, request: InferRequest) {
      // Only the resolver makes them.
      const plan = resolved as Plan;
      const { deferral, checkModel } = call.origin;
      try {
        checkModel?.(plan.own.name);
      } catch (error) {
        return Promise.reject(error);
      }
      if (deferral !== undefined && asksForOne(plan.options)) {
        return defer(new Inference(parts, { call, plan, request, kind: 'check' }), deferral);
      }
      return start(new Inference(parts, { call, plan, request, kind: 'request' }));
    },
    inferCopy: (async (call, choose, request) => {
      const info = choose();
      const plan = planFor(info, { name: info.ref.name, version: undefined }, lookup);
      noteCandidate(call, plan);
      const candidates = { ...parts.candidates, named: choose };
      return start(new Inference({ ...parts, candidates }, { call, plan, request, kind: 'shadow' }));
    }) satisfies InferCopy,
  };
}

/** How the inference of a request ends that has been handed over: nothing has gone wrong. */
const STORED = new MillraceError('cancelled', 'the request is stored, and runs later');

/** Its caller takes one answer, and no stream. */
function asksForOne({ onlyOne, whole = false }: ResolveOptions): boolean {
  return onlyOne !== undefined || whole;
}

/** Throws for a request that means something else later. */
function checkDeferrable(request: InferRequest): void {
  if (usesSharedMemory(request)) throw invalidArgument('a request with tensors in shared memory cannot run as a job');
  if (request.sequence !== undefined) throw invalidArgument('a request of a sequence cannot run as a job');
}
