import { parentPort } from 'node:worker_threads';

/** The first message of a thread: what it needs has been loaded, and the time of jobs counts. */
export const READY = 'ready';

/** In a thread of a `LimitedThread`: answers one job after the other. `answer` may not throw. */
export function answerJobs<Job, Reply>(answer: (job: Job) => Reply | Promise<Reply>): void {
  parentPort?.on('message', async (job: Job) => parentPort?.postMessage(await answer(job)));
  parentPort?.postMessage(READY);
}
