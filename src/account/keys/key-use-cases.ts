import { type CallContext, invalidArgument, MillraceError, type Principal } from '../../core/index.js';
import type { Audited } from '../../governance/index.js';
import { type AccessPolicy, admit, wouldLockOut } from '../../governance/index.js';
import type { ChangedBy, KeyRecord } from '../../store/index.js';
import { formatDuration } from '../../text/index.js';
import { checkKeyWish, checkLife } from './check-key-wish.js';
import { accessStateOf, type KeyParts, staticsOf } from './key-holders.js';
import type { KeyUseCases, KeyWish, ListedKey, StaticKey } from './types.js';

interface KeyUseCasesSetup {
  readonly keys: KeyParts;
  readonly audited: Audited;
}

const DAY_MS = 86_400_000;
const MAX_OVERLAP_MS = 90 * DAY_MS;

/** The use cases about keys of callers. */
export function createKeyUseCases({ keys, audited }: KeyUseCasesSetup): KeyUseCases {
  const { records, stored, changes, policy } = keys;
  const statics = () => staticsOf(keys.written());
  const by = (call: CallContext): ChangedBy => ({ principal: call.principal.name, atMs: stored.time.now() });
  const listed = (record: KeyRecord) => describe(record, stored.time.now());
  const subject = (verb: string, name: string) =>
    ({ action: `key.${verb}`, resource: name, right: 'key.change', on: [''] }) as const;

  async function find(name: string): Promise<KeyRecord | StaticKey> {
    await stored.load();
    const found = stored.ring.get(name) ?? stored.ring.named(name) ?? statics().find((key) => key.name === name);
    if (found !== undefined) return found;
    stored.checkReadable();
    throw new MillraceError('not_found', `there is no key '${name.slice(0, 128)}'`);
  }

  /** One of the store, whose rights the caller has as well. */
  async function changeable(principal: Principal, name: string, verb: string): Promise<KeyRecord> {
    const found = await find(name);
    if (!('id' in found)) {
      const message = `key '${name}' is one of 'auth.keys' and cannot be ${verb} here: change the file that has it`;
      throw new MillraceError('failed_precondition', message);
    }
    checkReach(policy, principal, found);
    return found;
  }

  function checkWish(principal: Principal, wish: KeyWish): void {
    checkKeyWish(
      policy,
      wish,
      (name) => statics().some((key) => key.name === name) || stored.ring.get(name) !== undefined,
    );
    checkReach(policy, principal, wish);
  }

  return {
    async list(call, { after = '', limit }) {
      admit(call.principal, 'key.read', '');
      const page = await records.list(after, limit);
      const own = after === '' ? statics().map(describeStatic) : [];
      const next = page.length === limit ? page.at(-1)?.name : undefined;
      return { keys: [...own, ...page.map((record) => listed(stored.ring.get(record.id) ?? record))], next };
    },
    async get(call, name) {
      admit(call.principal, 'key.read', '');
      const found = await find(name);
      return 'id' in found ? listed(found) : describeStatic(found);
    },
    create(call, wish) {
      const changeOf = (made: ListedKey) => ({ before: undefined, after: audible(made) });
      return audited(call, { ...subject('create', wish.name), changeOf }, async () => {
        checkWish(call.principal, wish);
        const { expiresInMs, ...rest } = wish;
        const expiresAtMs = endOf(expiresInMs, stored.time.now());
        const { key, record } = await changes.create({ ...rest, expiresAtMs }, by(call));
        return { ...listed(record), key };
      });
    },
    rotate(call, name, { overlapMs = DAY_MS, expiresInMs }) {
      let before: ListedKey | undefined;
      const changeOf = (made: ListedKey) => ({ before: audible(before), after: audible(made) });
      return audited(call, { ...subject('rotate', name), changeOf }, async () => {
        if (overlapMs > MAX_OVERLAP_MS) {
          throw invalidArgument(`overlap: expected at most ${formatDuration(MAX_OVERLAP_MS)}`);
        }
        const found = await changeable(call.principal, name, 'rotated');
        before = listed(found);
        const expiresAtMs = endOf(expiresInMs, stored.time.now());
        if (before.state === 'expired' && expiresInMs === undefined) {
          const message = `key '${found.name}' has expired: say when the new one does`;
          throw new MillraceError('failed_precondition', message);
        }
        const { key, record } = await changes.rotate(found.id, { overlapMs, expiresAtMs }, by(call));
        return { ...listed(record), key };
      });
    },
    revoke(call, name) {
      let before: ListedKey | undefined;
      const changeOf = (made: ListedKey) => ({ before: audible(before), after: audible(made) });
      return audited(call, { ...subject('revoke', name), changeOf }, async () => {
        const found = await changeable(call.principal, name, 'revoked');
        before = listed(found);
        return listed(await changes.revoke(found.id, by(call), (record) => checkKeeperLeft(keys, record)));
      });
    },
  };
}

/** Callers grant only rights that they have, counting bindings of the key's name and groups; else a key would bypass every limit. */
function checkReach(
  policy: AccessPolicy,
  principal: Principal,
  { name, groups = [], grants }: Pick<KeyWish, 'name' | 'groups' | 'grants'>,
): void {
  const granted = policy.grantsOf({ kind: 'key', name, groups, grants });
  for (const { role, models = ['*'] } of granted) {
    for (const action of policy.actionsOf(role) ?? []) {
      const pattern = models.find((model) => !principal.rights.allowOwn(action, model));
      if (pattern === undefined) continue;
      const message = `key '${name}' may '${action}' on '${pattern}', and '${principal.id}' may not: one changes keys that may do no more than oneself`;
      throw new MillraceError('permission_denied', message);
    }
  }
}

/** One identity that may change all keys has to remain: without it no key could be created. */
function checkKeeperLeft(keys: KeyParts, key: KeyRecord): void {
  if (!wouldLockOut(accessStateOf(keys, keys.policy), accessStateOf(keys, keys.policy, { without: key.id }))) return;
  const message = `key '${key.name}' is the last one that may change keys: make another one with the role 'admin' first`;
  throw new MillraceError('failed_precondition', message);
}

function endOf(expiresInMs: number | undefined, nowMs: number): number | undefined {
  checkLife(expiresInMs);
  return expiresInMs === undefined ? undefined : nowMs + expiresInMs;
}

function describeStatic({ name, grants }: StaticKey): ListedKey {
  return { name, grants, state: 'active', record: undefined };
}

function describe({ digest: _, ...record }: KeyRecord, nowMs: number): ListedKey {
  const isExpired = record.expiresAtMs !== undefined && record.expiresAtMs <= nowMs;
  const state = record.revokedAtMs !== undefined ? 'revoked' : isExpired ? 'expired' : 'active';
  return { name: record.name, grants: record.grants, state, record };
}

/** A key as the audit trail records it: without its secret and hash. */
function audible(key: ListedKey | undefined) {
  if (key?.record === undefined) return undefined;
  const { id, name, owner, grants, groups, expiresAtMs, previous, revokedAtMs } = key.record;
  const rotated = previous && { previous_ends_at: new Date(previous.endsAtMs).toISOString() };
  return {
    id,
    name,
    owner,
    grants,
    groups,
    state: key.state,
    expires_at_ms: expiresAtMs,
    revoked_at_ms: revokedAtMs,
    ...rotated,
  };
}
