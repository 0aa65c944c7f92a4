import { isDeepStrictEqual } from 'node:util';
import { MillraceError } from '../../core/index.js';
import {
  type Access,
  AccessPolicy,
  type AuthOptions,
  hasKeeper,
  type PrepareChange,
  wouldLockOut,
} from '../../governance/index.js';
import { accessStateOf, type KeyParts } from '../keys/key-holders.js';

type Keys = AuthOptions['keys'];

/** The settings of callers that change while the server runs. */
export interface LiveAccess {
  readonly keys: Keys;
  readonly access: Access;
}

/** Keys, roles and bindings of the settings: they hold for the next request of every caller. */
export function accessChange(keys: KeyParts): PrepareChange<LiveAccess> {
  const { policy, stored } = keys;

  function checkNames(next: Keys): void {
    const known = new Set(keys.written().map(({ name }) => name));
    for (const [index, { name }] of next.entries()) {
      if (known.has(name) || stored.ring.named(name) === undefined) continue;
      const message = `auth.keys[${index}].name: the store has an API key '${name}'; revoke it, or choose another name`;
      throw new MillraceError('failed_precondition', message);
    }
  }

  /** Also where the API keys cannot be read: one of them may be the administrator's. */
  function checkKeeperLeft(access: Access, written: Keys, file: string): void {
    const after = accessStateOf(keys, new AccessPolicy(access), { written });
    if (hasKeeper(after)) return;
    stored.checkReadable();
    if (!wouldLockOut(accessStateOf(keys, policy), after)) return;
    const message = `the keys and bindings of ${file} would lock every administrator out: leave the role 'admin', on everything, to one caller at least`;
    throw new MillraceError('failed_precondition', message);
  }

  return ({ access = policy.access, keys: found = keys.written() }, file) => {
    // Callers without keys stay so until the next start.
    const written = keys.areAsked ? found : keys.written();
    const before = audible(policy.access, keys.written());
    const after = audible(access, written);
    const settings = (['roles', 'bindings'] as const).filter((name) => !isDeepStrictEqual(before[name], after[name]));
    const haveKeysChanged = !isDeepStrictEqual(keys.written(), written);
    if (!haveKeysChanged && isDeepStrictEqual(policy.access, access)) return undefined;
    const change = {
      settings: [...settings, ...(haveKeysChanged ? ['keys'] : [])].map((name) => `auth.${name}`),
      apply: () => {
        policy.replace(access);
        if (haveKeysChanged) keys.replaceWritten(written);
      },
    };
    if (isDeepStrictEqual(before, after)) return change;
    return {
      ...change,
      audit: { action: 'access.change', resource: '', right: 'key.change', before, after },
      check: () => {
        checkNames(written);
        checkKeeperLeft(access, written, file);
      },
    };
  };
}

/** The change as the audit trail records it: without places and without credentials. */
function audible({ roles, bindings }: Access, keys: Keys) {
  return {
    roles,
    bindings: bindings.map(({ place: _, ...binding }) => binding),
    keys: keys.map(({ name, scopes }) => ({ name, scopes })),
  };
}
