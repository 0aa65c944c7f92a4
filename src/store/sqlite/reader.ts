import { access } from 'node:fs/promises';
import type { Clock } from '../../core/index.js';
import { StoreReplaced } from './known-file.js';
import type { InputOf, OperationName, OutputOf } from './operations.js';
import type { StoreThread } from './store-thread.js';

/** Requests an operation that creates nothing: its result is `nothing` where there is no file. */
export type Reader = <Name extends OperationName>(
  name: Name,
  input: InputOf<Name>,
  nothing: OutputOf<Name>,
) => Promise<OutputOf<Name>>;

/** How long a file that was there is not searched for again: the thread notices, too, when it is removed. */
const CHECK_MS = 1_000;

export function createReader(file: string, thread: StoreThread, clock: Clock): Reader {
  let seenAtMs = Number.NEGATIVE_INFINITY;
  return async (name, input, nothing) => {
    const nowMs = clock.now();
    if (nowMs - seenAtMs >= CHECK_MS && !(await exists(file))) {
      // Its content is not to pass for nothing.
      if (seenAtMs !== Number.NEGATIVE_INFINITY) throw new StoreReplaced(file);
      return nothing;
    }
    const output = await thread.request(name, input);
    seenAtMs = nowMs;
    return output;
  };
}

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    // The thread reports a folder that may not be entered.
    (error: NodeJS.ErrnoException) => error.code !== 'ENOENT',
  );
}
