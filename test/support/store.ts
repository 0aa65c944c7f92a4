import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { systemClock } from '../../src/core/index.js';
import { openStore, type Store, type StoreOptions } from '../../src/store/index.js';

/** An empty folder that is gone when the test has ended. */
export async function storeFolder(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'millrace-store-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A store in the file, closed when the test has ended. Default: a new file in an empty folder. */
export async function openTestStore(options: Partial<StoreOptions> = {}): Promise<Store> {
  const file = options.path ?? path.join(await storeFolder(), 'state/store.db');
  const store = openStore({ maxSizeBytes: 1_073_741_824, ...options, path: file }, systemClock);
  onTestFinished(() => store.close());
  return store;
}
