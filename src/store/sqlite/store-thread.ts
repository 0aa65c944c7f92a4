import type { Worker } from 'node:worker_threads';
import { GroupedThread, startThread } from '../../async/index.js';
import type { Clock } from '../../core/index.js';
import { fromFault } from './faults.js';
import type { FileSetup } from './file.js';
import type { Fault, StoreRequest } from './messages.js';
import type { InputOf, OperationName, OutputOf } from './operations.js';

const ENTRY = new URL('./thread-main.js', import.meta.url).href;

/** The thread in which the store runs, since its library waits for the disk. It starts with the first request. */
export class StoreThread {
  readonly #thread: GroupedThread<StoreRequest, Fault>;

  constructor(setup: FileSetup, clock: Clock, start: (setup: FileSetup) => Worker = startStore) {
    this.#thread = new GroupedThread({
      subject: `the store '${setup.path}'`,
      clock,
      start: () => start(setup),
      toError: fromFault,
    });
  }

  request<Name extends OperationName>(name: Name, input: InputOf<Name>): Promise<OutputOf<Name>> {
    // The thread answers a request with what its operation gives.
    return this.#thread.request({ name, input }) as Promise<OutputOf<Name>>;
  }

  /** Answers what has been asked for, and ends the thread. */
  close(): Promise<void> {
    return this.#thread.close();
  }
}

function startStore(setup: FileSetup): Worker {
  return startThread(ENTRY, { name: 'millrace-store', data: setup });
}
