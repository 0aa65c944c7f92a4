/** Entry of the trail's thread: writes one group of entries after the other, and does what is due in between. */
import { parentPort, workerData } from 'node:worker_threads';
import { answerGroups } from '../../async/index.js';
import { ChainWriter } from './chain-writer.js';
import { toFault } from './faults.js';
import type { AppendRequest, WriterFault, WriterSetup } from './messages.js';

const TICK_MS = 1_000;

const setup = workerData as WriterSetup;
const writer = new ChainWriter(setup, { warn: (message) => parentPort?.postMessage(message) });
const ticks = setInterval(() => writer.tick(), TICK_MS);

answerGroups<AppendRequest, WriterFault>({
  async answer(requests) {
    try {
      return writer.append(requests).map((seq) => ({ output: seq }));
    } catch (error) {
      const fault = toFault(error, setup.folder);
      return requests.map(() => ({ fault }));
    }
  },
  close() {
    clearInterval(ticks);
    writer.close();
  },
});
