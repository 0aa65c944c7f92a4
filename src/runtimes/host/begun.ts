/** The queue that a batch was in: its model's, which runs `concurrency` of them at a time. */
export interface Lane {
  readonly modelKey: number;
  readonly concurrency: number;
}

/**
 * Which of the outstanding exchanges, oldest first, a runner had begun when it died; those that are no batches have no lane.
 * One that reads with its thread begins nothing before the last is done; one with an event loop lets every model run.
 */
export function haveBegun(lanes: readonly (Lane | undefined)[], eventLoop: boolean): readonly boolean[] {
  if (!eventLoop) return lanes.map((_lane, index) => index === 0);
  const running = new Map<number, number>();
  return lanes.map((lane) => {
    if (lane === undefined) return true;
    const ahead = running.get(lane.modelKey) ?? 0;
    running.set(lane.modelKey, ahead + 1);
    return ahead < lane.concurrency;
  });
}
