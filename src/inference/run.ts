import { type Clock, type InferRequest, MillraceError, Turns, toMillraceError } from '../core/index.js';
import { type Engine, hasLargeBytes, type ModelInfo, walkLargeBytes } from '../engine/index.js';
import { admit } from '../governance/index.js';
import { type DecodedRequest, decodeInputs, hasMedia, type MediaDecoders, runWindows } from '../models/index.js';
import type { SharedMemory } from '../shared-memory/index.js';
import { wantsClasses } from './classify.js';
import type { Inference } from './inference.js';
import { SharedTensors, usesSharedMemory } from './shared-tensors.js';
import { createRenaming, createSubmit, type ReadyInference, type Settle } from './submit.js';
import type { InferResult } from './types.js';

export interface RunDependencies {
  readonly engine: Engine;
  readonly sharedMemory: SharedMemory;
  readonly decoders: Pick<MediaDecoders, 'decode'>;
  readonly clock: Clock;
}

/** Runs an inference from its submission to its answer, with what has to be done to its tensors before and to its outputs behind. */
export function createRun({ engine, sharedMemory, decoders, clock }: RunDependencies) {
  const turns = new Turns(clock);
  const asAsked = createRenaming();
  const { submit, submitOne, submitMany, withClasses } = createSubmit(engine, turns, asAsked);

  const decode = async ({ inference, request, info }: ReadyInference): Promise<DecodedRequest> => {
    const since = clock.now();
    const { call } = inference;
    const decoded = await decodeInputs(decoders, { call, request, info });
    call.timing.mediaMs += clock.now() - since;
    return decoded;
  };

  /** Much text takes a while to check, in which others are served. */
  async function inferLarge(ready: ReadyInference, settle: Settle): Promise<InferResult> {
    const { request, inference } = ready;
    let info: ModelInfo;
    try {
      await walkLargeBytes(request.inputs, turns);
      info = inference.renew();
    } catch (error) {
      settle(toMillraceError(error));
      throw inference.told(error);
    }
    return submit({ inference, request, info }, settle);
  }

  /** Photos and sounds become numbers before the request is submitted. */
  async function inferMedia(ready: ReadyInference, settle: Settle): Promise<InferResult> {
    const { inference } = ready;
    let next: ReadyInference & DecodedRequest;
    try {
      const decoded = await decode(ready);
      next = { inference, ...decoded, info: inference.renew() };
    } catch (error) {
      settle(toMillraceError(error));
      throw inference.told(error);
    }
    if (next.windows !== undefined) return inferWindows(next, settle);
    return hasLargeBytes(next.request.inputs) ? inferLarge(next, settle) : submit(next, settle);
  }

  async function inferWindows(windowed: ReadyInference & DecodedRequest, settle: Settle): Promise<InferResult> {
    const { request, info, inference } = windowed;
    let answered = false;
    try {
      const answer = await runWindows({ engine, clock }, { ...windowed, call: inference.call });
      inference.responded(answer);
      const joined = asAsked(answer, inference.askedName);
      answered = true;
      const response = wantsClasses(request) ? await withClasses(joined, request, info) : joined;
      settle(undefined);
      return { kind: 'one', response, timing: inference.call.timing };
    } catch (error) {
      settle(toMillraceError(error), answered);
      throw inference.told(error);
    }
  }

  async function readShared(ready: ReadyInference, tensors: SharedTensors): Promise<InferRequest> {
    const request = await tensors.read();
    ready.inference.read(request);
    if (!hasMedia(request, ready.info)) return request;
    const decoded = await decode({ ...ready, request });
    if (decoded.windows === undefined) return decoded.request;
    throw new MillraceError('unimplemented', 'a sound that is cut into windows cannot lie in shared memory');
  }

  /** Tensors in shared memory are read before the request is submitted, and written before it is answered. */
  async function inferShared(ready: ReadyInference, settle: Settle): Promise<InferResult> {
    const { inference } = ready;
    const { principal } = inference.call;
    let tensors: SharedTensors | undefined;
    let answered = false;
    try {
      admit(principal, 'memory.use', '');
      tensors = new SharedTensors(sharedMemory, principal, ready);
      const request = await readShared(ready, tensors);
      await walkLargeBytes(request.inputs, turns);
      const info = inference.renew();
      if (info.decoupled) return submitMany({ inference, request, info }, settle);
      const { response } = await submitOne({ inference, request, info }, (_, reached = false) => {
        answered = reached;
      });
      answered = true;
      const written = await tensors.write(response);
      settle(undefined);
      return { kind: 'one', response: written, timing: inference.call.timing };
    } catch (error) {
      settle(toMillraceError(error), answered);
      throw inference.told(error);
    } finally {
      tensors?.release();
    }
  }

  /** Runs an inference that has begun with this version. Rejects with the error as its caller may see it, and the inference has ended then. */
  return (inference: Inference, info: ModelInfo): Promise<InferResult> => {
    const { request } = inference;
    const ready = { inference, request, info };
    const settle: Settle = (error, answered) => inference.end(error, answered);
    if (usesSharedMemory(request)) return inferShared(ready, settle);
    if (hasMedia(request, info)) return inferMedia(ready, settle);
    if (hasLargeBytes(request.inputs)) return inferLarge(ready, settle);
    return Promise.resolve(submit(ready, settle));
  };
}
