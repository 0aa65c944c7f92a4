import { Connection, type ConnectionOptions } from './connection.js';
import type { Recorder, Ticket } from './recorder.js';
import type { AnswerCheck } from './request.js';
import type { Answer } from './response-parser.js';

/** A request ready to be written again and again. */
export interface PreparedRequest {
  readonly bytes: Buffer;
  readonly check: AnswerCheck | undefined;
}

export interface LaneOptions {
  readonly connection: ConnectionOptions;
  readonly recorder: Recorder;
  /** The request to send next. */
  readonly nextRequest: () => PreparedRequest;
  readonly timeoutMs: number;
  /** The lane's request is settled and booked; the lane can take another. */
  readonly onFree: (lane: Lane, ok: boolean) => void;
}

/** One request in flight at a time: sends it, judges the answer, books the outcome. */
export class Lane {
  readonly #options: LaneOptions;
  readonly #connection: Connection;
  #ticket: Ticket | undefined;
  #sentAt = 0;
  #check: AnswerCheck | undefined;

  constructor(options: LaneOptions) {
    this.#options = options;
    this.#connection = new Connection(options.connection, {
      onAnswer: (answer) => this.#answered(answer),
      onFailure: (reason) => this.#settle(false, reason, 0),
    });
  }

  send(ticket: Ticket): void {
    const request = this.#options.nextRequest();
    this.#ticket = ticket;
    this.#check = request.check;
    this.#sentAt = performance.now();
    this.#options.recorder.send(ticket, this.#sentAt);
    this.#connection.send(request.bytes);
  }

  /** Gives up on a request that was sent too long ago. */
  expire(now: number): void {
    if (this.#ticket !== undefined && now - this.#sentAt >= this.#options.timeoutMs) this.#connection.abort('timeout');
  }

  close(): void {
    this.#connection.abort('stopped');
  }

  #answered(answer: Answer): void {
    const good = answer.status >= 200 && answer.status < 300;
    const complaint = good ? this.#check?.(answer.status, answer.body) : undefined;
    this.#settle(good && complaint === undefined, complaint ?? answer.status, answer.body.length);
  }

  #settle(ok: boolean, outcome: number | string, receivedBytes: number): void {
    const ticket = this.#ticket;
    if (ticket === undefined) return;
    this.#ticket = undefined;
    const timed = ok || outcome === 'timeout';
    this.#options.recorder.settle(ticket, { ok, outcome, at: performance.now(), receivedBytes, timed });
    this.#options.onFree(this, ok);
  }
}
