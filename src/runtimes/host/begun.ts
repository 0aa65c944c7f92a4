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
