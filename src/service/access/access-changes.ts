import { isDeepStrictEqual } from 'node:util';
import { type Call, MillraceError } from '../../core/index.js';
import { type Access, AccessPolicy, hasKeeper, wouldLockOut } from '../../governance/index.js';
import type { Audited } from '../audit.js';
import { accessStateOf, type KeyParts } from '../keys/key-holders.js';

interface AccessChangesSetup {
  readonly keys: KeyParts;
  readonly audited: Audited;
}

/**
 * Puts roles and bindings of a changed file in force, for the next request of everybody. Gives whether they say anything else than before. Rejects with
 * `failed_precondition` where nobody could change keys any more, and `unavailable` where the change cannot be recorded, or it cannot be known who could.
 */
export type ChangeAccess = (call: Call, access: Access, file: string) => Promise<boolean>;

export function createAccessChanges({ keys, audited }: AccessChangesSetup): ChangeAccess {
  const { policy, changes, stored } = keys;

  function checkKeeperLeft(access: Access, file: string): void {
    const after = accessStateOf(keys, new AccessPolicy(access));
    if (hasKeeper(after)) return;
    stored.checkReadable();
    if (!wouldLockOut(accessStateOf(keys, policy), after)) return;
    const message = `nobody could change keys any more by the bindings of ${file}: leave the role 'admin' to somebody, on everything`;
    throw new MillraceError('failed_precondition', message);
  }

  return async (call, access, file) => {
    const before = audible(policy.access);
    const after = audible(access);
    if (isDeepStrictEqual(before, after)) {
      // Lines have moved.
      policy.replace(access);
      return false;
    }
    const subject = {
      action: 'access.change',
      resource: '',
      right: 'key.change',
      changeOf: () => ({ before, after }),
    } as const;
    await audited(call, subject, () =>
      changes.alone(async () => {
        await stored.load();
        checkKeeperLeft(access, file);
        policy.replace(access);
      }),
    );
    return true;
  };
}

function audible({ roles, bindings }: Access) {
  return { roles, bindings: bindings.map(({ place: _, ...binding }) => binding) };
}
