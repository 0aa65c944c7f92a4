/** Entry of the store's thread: answers one {@link ThreadMessage} after the other. */
import { parentPort, workerData } from 'node:worker_threads';
import type { ThreadMessage, ThreadSetup } from './messages.js';
import { Session } from './session.js';

const session = new Session(workerData as ThreadSetup);

parentPort?.on('message', async (message: ThreadMessage) => {
  if (message === 'close') {
    session.close();
    parentPort?.close();
    return;
  }
  parentPort?.postMessage(await session.answer(message));
});
