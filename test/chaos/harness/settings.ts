import { DIALECT_SETTINGS } from './dialects.js';
import { KEYS, type KeyHolder } from './keys.js';

/** What requests and answers of all callers may hold. */
const MAX_BUFFERED_BYTES = 192 * 1_048_576;
/** What those of one caller may. */
export const SHARE_BYTES = MAX_BUFFERED_BYTES / 2;

const HOLDERS: readonly KeyHolder[] = ['oracle', 'frozen', 'attacker', 'hoarder'];

/** The settings file; with `guest` there is one more key. */
export function settingsText({ guest }: { readonly guest: boolean }): string {
  const holders = guest ? [...HOLDERS, 'guest' as const] : HOLDERS;
  return JSON.stringify({
    ...DIALECT_SETTINGS,
    auth: {
      keys: [
        ...holders.map((name) => ({ name, key: KEYS[name], scopes: ['infer'] })),
        { name: 'ops', key: KEYS.ops, scopes: ['observe', 'manage'] },
      ],
      bindings: [{ principal: 'key:ops', role: 'admin' }],
      maxFailedKeysPerMinute: 0,
    },
    server: {
      maxBufferedBytes: MAX_BUFFERED_BYTES,
      maxInputBytes: SHARE_BYTES,
      // Attackers that hold still are cut off while the test runs.
      receiveGraceMs: 3_000,
      sendTimeoutMs: 3_000,
    },
  });
}
