import { parentPort } from 'node:worker_threads';
import type { GroupMessage, Reply } from './messages.js';

/** What a thread does. */
export interface GroupAnswerer<Request, Fault> {
  /** Gives a reply for each request; rejects only where the thread is to end. */
  answer(requests: readonly Request[]): Promise<readonly Reply<Fault>[]>;
  /** Nothing more is asked. */
  close(): void;
}

/** Answers one message of a {@link GroupedThread} after the other, in the thread that calls it, until there are no more. */
export function answerGroups<Request, Fault>(answerer: GroupAnswerer<Request, Fault>): void {
  parentPort?.on('message', async (message: GroupMessage<Request>) => {
    if (message === 'close') {
      answerer.close();
      parentPort?.close();
      return;
    }
    parentPort?.postMessage(await answerer.answer(message));
  });
}
