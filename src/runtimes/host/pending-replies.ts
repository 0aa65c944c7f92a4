import { MillraceError } from '../../core/index.js';
import { type Frame, FrameKind } from './frame.js';
import { decodeJsonFrame, type Failure, failureError } from './json-frame.js';

/** Takes the answers to one frame. */
export interface PendingReply {
  /** Batches have one. */
  readonly queue?: RunnerQueue;
  /** Handles a frame of this reply; returns true when it was the last one. May throw when it is malformed. */
  receive(frame: Frame): boolean;
  fail(error: MillraceError): void;
}

/** Frames that a runner has not answered yet, by ticket. */
export class PendingReplies {
  // Not a Map: its outgrown tables are promoted and keep batches alive until the next full collection. It is short, too.
  readonly #pending: { readonly ticket: number; readonly reply: PendingReply }[] = [];
  readonly #onSettled: (ticket: number) => void;
  #lastTicket = 0;

  /** `onSettled`: the last answer to a frame has arrived. */
  constructor(onSettled: (ticket: number) => void) {
    this.#onSettled = onSettled;
  }

  get size(): number {
    return this.#pending.length;
  }

  nextTicket(): number {
    this.#lastTicket = (this.#lastTicket + 1) >>> 0;
    return this.#lastTicket;
  }

  add(ticket: number, reply: PendingReply): void {
    this.#pending.push({ ticket, reply });
  }

  /** Hands an answer to its reply. Throws for one that nothing waits for, or that is malformed. */
  receive(frame: Frame): void {
    const index = this.#pending.findIndex(({ ticket }) => ticket === frame.ticket);
    const reply = this.#pending[index]?.reply;
    if (reply === undefined) throw new MillraceError('internal', `malformed frame: unknown ticket ${frame.ticket}`);
    if (frame.kind === FrameKind.failed) {
      this.#settle(index);
      reply.fail(failureError(decodeJsonFrame<Failure>(frame)));
      return;
    }
    if (reply.receive(frame)) this.#settle(index);
  }

  /** Takes all of them, oldest first: their runner is gone. */
  takeAll(): readonly PendingReply[] {
    return this.#pending.splice(0).map(({ reply }) => reply);
  }

  #settle(index: number): void {
    for (const { ticket } of this.#pending.splice(index, 1)) this.#onSettled(ticket);
  }
}

/** The queue that a batch was in: its model's, which runs `concurrency` of them at a time. */
export interface RunnerQueue {
  readonly modelKey: number;
  readonly concurrency: number;
}

/**
 * Which of the outstanding requests, oldest first, a runner had begun when it died; those that are no batches have no queue.
 * One that reads with its thread begins nothing before the last is done; one with an event loop lets every model run.
 */
export function haveBegun(queues: readonly (RunnerQueue | undefined)[], eventLoop: boolean): readonly boolean[] {
  if (!eventLoop) return queues.map((_queue, index) => index === 0);
  const running = new Map<number, number>();
  return queues.map((queue) => {
    if (queue === undefined) return true;
    const ahead = running.get(queue.modelKey) ?? 0;
    running.set(queue.modelKey, ahead + 1);
    return ahead < queue.concurrency;
  });
}
