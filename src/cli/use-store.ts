import { MillraceError, systemClock } from '../core/index.js';
import { openStore, type Store, type StoreOptions } from '../store/index.js';

/** Uses the store in a file, and closes it. `failed_precondition` where it cannot be had: no server is asked, so none is missing. */
export async function useStore<T>(options: StoreOptions, use: (store: Store) => Promise<T>): Promise<T> {
  const store = openStore(options, systemClock);
  try {
    return await use(store);
  } catch (error) {
    if (!(error instanceof MillraceError) || error.code !== 'unavailable') throw error;
    throw new MillraceError('failed_precondition', error.message, { cause: error });
  } finally {
    await store.close();
  }
}
