import {
  type EventBus,
  formatModelRef,
  type Message,
  MillraceError,
  type ModelRef,
  type ModelState,
  msg,
  namedModel,
  toMillraceError,
} from '../core/index.js';
import { FilesChangedError } from './instance-pool.js';
import type { EngineOptions } from './options.js';

export interface RetryLoadOptions {
  readonly setup: { readonly options: Pick<EngineOptions, 'loadRetries'>; readonly events: EventBus };
  /** Nobody needs the model any more. */
  readonly isOver: () => boolean;
}

/** Loads, and loads again where that fails by chance (a slow disk, a full memory): it may go better the next time. */
export async function retryLoad<Loaded>(
  ref: ModelRef,
  load: () => Promise<Loaded>,
  { setup, isOver }: RetryLoadOptions,
): Promise<Loaded> {
  const { loadRetries } = setup.options;
  for (let retry = 1; ; retry++) {
    try {
      return await load();
    } catch (error) {
      if (retry > loadRetries || isOver()) throw error;
      const reason = toMillraceError(error).message;
      const message = `model '${formatModelRef(ref)}' failed to load and is tried again (${retry} of ${loadRetries}): ${reason}`;
      const fields = { model: ref.name, version: ref.version };
      setup.events.publish('diagnostic', { level: 'warn', room: 'engine', message, fields, error });
    }
  }
}

/** The version that a request was submitted to went before it could begin: another one may run it. */
export class VersionGoneError extends MillraceError {
  constructor(message: string | Message) {
    super('unavailable', message);
    this.name = 'VersionGoneError';
  }
}

/** Why what a version had accepted before it was taken out of service does not run. */
export function gone(ref: ModelRef, state: ModelState): VersionGoneError {
  const why =
    state.kind === 'failed' ? (state.wording ?? state.reason) : 'no instance of it was up when it was unloaded';
  return new VersionGoneError(msg`${namedModel(ref)} cannot run this request: ${why}`);
}

/** Whether a load that failed so may succeed soon: the files changed once more meanwhile, or the runner died. */
export function mayPass(cause: unknown): boolean {
  return cause instanceof FilesChangedError || (cause instanceof MillraceError && cause.code === 'unavailable');
}

/** The state of a version that failed to load. */
export function failedState(why: string | Message): ModelState {
  return { kind: 'failed', reason: String(why), ...(typeof why !== 'string' && { wording: why }) };
}

/** The error for a request to a version that is not loaded. */
export function notLoaded(ref: ModelRef): MillraceError {
  return new MillraceError('not_found', msg`${namedModel(ref)} is not loaded`);
}
