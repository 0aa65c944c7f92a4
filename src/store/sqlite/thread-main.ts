/** Entry of the store's thread: answers one group of requests after the other. */
import { workerData } from 'node:worker_threads';
import { answerGroups } from '../../async/index.js';
import type { ThreadSetup } from './messages.js';
import { Session } from './session.js';

answerGroups(new Session(workerData as ThreadSetup));
