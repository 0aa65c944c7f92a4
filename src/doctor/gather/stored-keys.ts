import { stat } from 'node:fs/promises';
import path from 'node:path';
import type { Settings } from '../../config/index.js';
import { type Clock, MillraceError } from '../../core/index.js';
import { openStore, pagesOfKeys, type Store } from '../../store/index.js';
import type { StoredKey, StoreFacts } from '../facts.js';

/** What the file of the store holds, without changing it: one that an older millrace has written is left as it is. */
export async function gatherStore({ store: options }: Settings, clock: Clock): Promise<StoreFacts> {
  const isThere = await stat(path.resolve(options.path)).then(
    () => true,
    () => false,
  );
  if (!isThere) return NOTHING;
  const store = openStore(options, clock);
  try {
    const info = await store.info();
    return info?.isCurrent ? await readStore(store) : NOTHING;
  } catch (error) {
    return problemOf(error);
  } finally {
    await store.close();
  }
}

const NOTHING: StoreFacts = { problem: '', keys: [], routes: [] };

/** What an open store holds. */
export async function readStore(store: Pick<Store, 'keys' | 'declarations'>): Promise<StoreFacts> {
  try {
    const declared = await store.declarations.current();
    const routes = declared.filter(({ kind }) => kind === 'route').map(({ name }) => name);
    return { problem: '', keys: await liveKeys(store), routes };
  } catch (error) {
    return problemOf(error);
  }
}

function problemOf(error: unknown): StoreFacts {
  if (!(error instanceof MillraceError)) throw error;
  return { ...NOTHING, problem: error.message };
}

/** Those that are not revoked. */
async function liveKeys({ keys }: Pick<Store, 'keys'>): Promise<readonly StoredKey[]> {
  const live: StoredKey[] = [];
  for await (const page of pagesOfKeys(keys)) {
    live.push(...page.filter(({ revokedAtMs }) => revokedAtMs === undefined));
  }
  return live;
}
