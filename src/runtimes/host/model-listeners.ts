import type { CallModel } from '../model-calls.js';
import { type Frame, FrameKind } from './frame.js';
import { IncomingCalls } from './incoming-calls.js';

const CALL_KINDS: ReadonlySet<number> = new Set([FrameKind.call, FrameKind.callGrant, FrameKind.callCancel]);

/** Takes the frames that a runner's models send unasked: calls of other models, and statistics. By the model's key. */
export class ModelListeners {
  readonly #notify: (pieces: readonly Uint8Array[]) => void;
  readonly #calls = new Map<number, IncomingCalls>();
  readonly #statistics = new Map<number, (frame: Frame) => void>();

  /** `notify`: as of {@link IncomingCalls}. */
  constructor(notify: (pieces: readonly Uint8Array[]) => void) {
    this.#notify = notify;
  }

  /** The model may call other models; undefined ends that, and abandons its open calls. */
  serveCalls(modelKey: number, callModel: CallModel | undefined): void {
    this.#calls.get(modelKey)?.close();
    this.#calls.delete(modelKey);
    if (callModel === undefined) return;
    this.#calls.set(modelKey, new IncomingCalls({ modelKey, callModel, notify: this.#notify }));
  }

  /** `listener` takes the statistics of a model; undefined = none does. */
  onStatistics(modelKey: number, listener: ((frame: Frame) => void) | undefined): void {
    if (listener === undefined) this.#statistics.delete(modelKey);
    else this.#statistics.set(modelKey, listener);
  }

  /** Whether the frame was such a one. Throws where it is malformed. */
  receive(frame: Frame): boolean {
    if (frame.kind === FrameKind.statistics) this.#statistics.get(frame.modelKey)?.(frame);
    else if (CALL_KINDS.has(frame.kind)) this.#calls.get(frame.modelKey)?.receive(frame);
    else return false;
    return true;
  }

  close(): void {
    for (const calls of this.#calls.values()) calls.close();
    this.#calls.clear();
    this.#statistics.clear();
  }
}
