/** Entry of the thread that writes the payload log: one group of records after the other. */
import { parentPort, workerData } from 'node:worker_threads';
import { messageOf } from '../../core/index.js';
import { createLineWriter } from './line-writer.js';
import { LogFile } from './log-file.js';
import type { PayloadThreadSetup, ReceivedRecord, WriteReply, WriteRequest } from './messages.js';

const setup = workerData as PayloadThreadSetup;
const log = new LogFile(setup);
const lineOf = createLineWriter(setup.rules);

function write({ records, chunks }: WriteRequest): WriteReply {
  const captured: readonly ReceivedRecord[] = JSON.parse(records);
  try {
    const lines = captured.map((record) => lineOf(record, chunks)).join('');
    const hasRotated = log.append(lines, Date.now());
    return { written: captured.length, hasRotated };
  } catch (error) {
    return { written: 0, hasRotated: false, problem: messageOf(error) };
  }
}

parentPort?.on('message', (request: WriteRequest) => parentPort?.postMessage(write(request)));
