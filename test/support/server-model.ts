import { type FrontTimes, RunTimes, type ServerModel } from '../../src/planning/index.js';

/** A server that takes no time but that of its model. */
export const INSTANT_FRONT: FrontTimes = {
  receiveMs: 0,
  answerMs: 0,
  wakeMs: 0,
  loopCores: 1,
  handoverMs: 0,
  outsideMs: [0],
};

export interface ModelFixture extends Partial<Omit<ServerModel, 'batching' | 'runTimes'>> {
  /** Runs of each of `rows`; default 1. */
  readonly runsMs: readonly number[];
  readonly rows?: readonly number[];
  readonly batching?: Partial<ServerModel['batching']>;
}

/** A server with cores to spare whose model does not batch, unless the fixture says otherwise. */
export function modelOf({ runsMs, rows = [1], batching, ...given }: ModelFixture): ServerModel {
  return {
    runTimes: new RunTimes(rows.map((each) => ({ rows: each, runsMs }))),
    front: INSTANT_FRONT,
    prefetchBelowMs: 0,
    instances: 1,
    maxQueuedRequests: 100_000,
    rowsPerRequest: 1,
    coresPerRun: 1,
    cores: 64,
    ...given,
    batching: { batching: false, maxRows: 1, preferredSizes: [], maxDelayMs: 0, ...batching },
  };
}
