import { type Clock, type InferRequest, MillraceError, Turns, toMillraceError } from '../core/index.js';
import { type Engine, hasLargeBytes, type ModelInfo, walkLargeBytes } from '../engine/index.js';
import { admit } from '../governance/index.js';
import type { MediaDecoders } from '../models/index.js';
import { type DecodedRequest, decodeInputs, hasMedia, runWindows } from '../models/index.js';
import type { SharedMemory } from '../shared-memory/index.js';
import { wantsClasses } from './classify.js';
import { SharedTensors, usesSharedMemory } from './shared-tensors.js';
import { type ChosenCall, createRenaming, createSubmit, type Settle, toldOf } from './submit.js';
import type { InferResult } from './types.js';

interface RunDependencies {
  readonly engine: Engine;
  readonly sharedMemory: SharedMemory;
  readonly decoders: Pick<MediaDecoders, 'decode'>;
  readonly clock: Clock;
}

/** Runs a request from its submission to its answer, with what has to be done to its tensors before and to its outputs behind. */
export function createRun({ engine, sharedMemory, decoders, clock }: RunDependencies) {
  const turns = new Turns(clock);
  const asAsked = createRenaming();
  const { submit, submitOne, submitMany, withClasses } = createSubmit(engine, turns, asAsked);

  /** Much text takes a while to check, in which others are served. */
  async function inferLarge(chosen: ChosenCall, settle: Settle): Promise<InferResult> {
    const { request, chooseInfo } = chosen;
    let info: ModelInfo;
    try {
      await walkLargeBytes(request.inputs, turns);
      info = chooseInfo();
    } catch (error) {
      settle(toMillraceError(error));
      throw toldOf(error, chosen);
    }
    return submit({ ...chosen, info }, settle);
  }

  /** Photos and sounds become numbers before the request is submitted. */
  async function inferMedia(chosen: ChosenCall, settle: Settle): Promise<InferResult> {
    let next: ChosenCall & DecodedRequest;
    try {
      const decoded = await decodeInputs(decoders, chosen);
      next = { ...chosen, ...decoded, info: chosen.chooseInfo() };
    } catch (error) {
      settle(toMillraceError(error));
      throw toldOf(error, chosen);
    }
    if (next.windows !== undefined) return inferWindows(next, settle);
    return hasLargeBytes(next.request.inputs) ? inferLarge(next, settle) : submit(next, settle);
  }

  async function inferWindows(windowed: ChosenCall & DecodedRequest, settle: Settle): Promise<InferResult> {
    const { request, info, tapped, account } = windowed;
    let answered = false;
    try {
      const answer = await runWindows({ engine, clock }, windowed);
      tapped?.responded(answer);
      account?.responded(answer);
      const joined = asAsked(answer, windowed.askedName);
      answered = true;
      const response = wantsClasses(request) ? await withClasses(joined, request, info) : joined;
      settle(undefined);
      return { kind: 'one', response };
    } catch (error) {
      settle(toMillraceError(error), answered);
      throw toldOf(error, windowed);
    }
  }

  async function readShared(chosen: ChosenCall, tensors: SharedTensors): Promise<InferRequest> {
    const request = await tensors.read();
    chosen.tapped?.read(request);
    if (!hasMedia(request, chosen.info)) return request;
    const decoded = await decodeInputs(decoders, { ...chosen, request });
    if (decoded.windows === undefined) return decoded.request;
    throw new MillraceError('unimplemented', 'a sound that is cut into windows cannot lie in shared memory');
  }

  /** Tensors in shared memory are read before the request is submitted, and written before it is answered. */
  async function inferShared(chosen: ChosenCall, settle: Settle): Promise<InferResult> {
    const { call, chooseInfo } = chosen;
    let tensors: SharedTensors | undefined;
    let answered = false;
    try {
      admit(call.principal, 'memory.use', '');
      tensors = new SharedTensors(sharedMemory, call.principal, chosen);
      const request = await readShared(chosen, tensors);
      await walkLargeBytes(request.inputs, turns);
      const info = chooseInfo();
      if (info.decoupled) return submitMany({ ...chosen, request, info }, settle);
      const { response } = await submitOne({ ...chosen, request, info }, (_, reached = false) => {
        answered = reached;
      });
      answered = true;
      const written = await tensors.write(response);
      settle(undefined);
      return { kind: 'one', response: written };
    } catch (error) {
      settle(toMillraceError(error), answered);
      throw toldOf(error, chosen);
    } finally {
      tensors?.release();
    }
  }

  return (chosen: ChosenCall, settle: Settle): Promise<InferResult> => {
    if (usesSharedMemory(chosen.request)) return inferShared(chosen, settle);
    if (hasMedia(chosen.request, chosen.info)) return inferMedia(chosen, settle);
    if (hasLargeBytes(chosen.request.inputs)) return inferLarge(chosen, settle);
    return Promise.resolve(submit(chosen, settle));
  };
}
