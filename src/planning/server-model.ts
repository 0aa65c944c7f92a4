import type { BatchLimits } from '../engine/index.js';
import type { RunTimes } from './run-times.js';

/** What the server's event loop does for requests, and what their way takes besides; milliseconds. */
export interface FrontTimes {
  /** Of the loop, until a request is in the queue. */
  readonly receiveMs: number;
  /** Of the loop, for an answer. */
  readonly answerMs: number;
  /** Of the loop, to begin again after it had nothing to do. */
  readonly wakeMs: number;
  /** Cores that the loop uses while it works; less than 1 where it waits for one. */
  readonly loopCores: number;
  /** Between the server and a runner, there and back, while neither computes for the request. */
  readonly handoverMs: number;
  /** Ascending, of each measured request: the rest, which is the network, the kernel and the client. */
  readonly outsideMs: readonly number[];
}

/** One model of a server, as measured and configured. */
export interface ServerModel {
  readonly runTimes: RunTimes;
  readonly front: FrontTimes;
  readonly batching: BatchLimits;
  /** Runs shorter than this have the next batch sent ahead; 0 = none is. */
  readonly prefetchBelowMs: number;
  readonly instances: number;
  /** Requests that may wait; further ones are refused. */
  readonly maxQueuedRequests: number;
  readonly rowsPerRequest: number;
  /** Cores that a runner uses while it runs a batch. */
  readonly coresPerRun: number;
  /** Cores of the machine. */
  readonly cores: number;
}
