/** Entry of the store's thread: answers one group of requests after the other. */
import { workerData } from 'node:worker_threads';
import { answerGroups } from '../../async/index.js';
import { Executor } from './executor.js';
import type { FileSetup } from './file.js';

answerGroups(new Executor(workerData as FileSetup));
