import { requiresCredential } from '../../config/index.js';
import { quoteShell } from '../../text/index.js';
import { type Check, command, DAY_MS, type Diagnosis, listNames, setting } from '../diagnosis.js';
import type { StoredKey } from '../facts.js';

const OLD_DAYS = 365;
/** A key that nobody has used for so long, or that was made so long ago and never used. */
const IDLE_DAYS = 90;
const NEVER_USED_DAYS = 30;
const ENDS_SOON_DAYS = 14;

const BY_NAME = new Intl.Collator('en', { numeric: true });

/** API keys of the store. All keys of a kind are one finding, however many there are. */
export const checkStoredKeys: Check = ({ settings, store, nowMs }) => {
  const live = store.keys.filter(({ expiresAtMs = Number.POSITIVE_INFINITY }) => expiresAtMs > nowMs);
  const ago = (count: number) => nowMs - count * DAY_MS;
  const find = (rule: Rule, isMeant: (key: StoredKey) => boolean): readonly Diagnosis[] => {
    const names = live
      .filter(isMeant)
      .map(({ name }) => name)
      .sort(BY_NAME.compare);
    const [first] = names;
    return first === undefined ? [] : [diagnose(rule, first, names)];
  };
  return [
    ...(live.length > 0 && !requiresCredential(settings) ? [WITHOUT_EFFECT] : []),
    ...find(OLD, ({ createdAtMs, rotatedAtMs = createdAtMs }) => rotatedAtMs < ago(OLD_DAYS)),
    ...find(ENDS_SOON, ({ expiresAtMs }) => expiresAtMs !== undefined && expiresAtMs < ago(-ENDS_SOON_DAYS)),
    ...find(
      NEVER_USED,
      ({ createdAtMs, lastUsedAtMs }) => lastUsedAtMs === undefined && createdAtMs < ago(NEVER_USED_DAYS),
    ),
    ...find(IDLE, ({ lastUsedAtMs = nowMs }) => lastUsedAtMs < ago(IDLE_DAYS)),
    ...find(WITHOUT_EXPIRY, ({ expiresAtMs }) => expiresAtMs === undefined),
  ];
};

const WITHOUT_EFFECT: Diagnosis = {
  id: 'keys-without-effect',
  level: 'warning',
  what: 'there are API keys in the store, and nobody needs one: every caller counts as anonymous',
  where: ['auth', 'required'],
  fix: setting('auth: { required: true }'),
};

interface Rule extends Pick<Diagnosis, 'id' | 'level'> {
  /** Completes "API keys …: <names>". */
  readonly what: string;
  /** The command, without the name of the key. */
  readonly fix: string;
}

const OLD: Rule = {
  id: 'key-old',
  level: 'warning',
  what: `that are older than ${OLD_DAYS} days`,
  fix: 'millrace keys rotate',
};
const ENDS_SOON: Rule = {
  id: 'key-ends-soon',
  level: 'warning',
  what: `that end within ${ENDS_SOON_DAYS} days`,
  fix: 'millrace keys rotate',
};
const NEVER_USED: Rule = {
  id: 'key-unused',
  level: 'warning',
  what: `that are older than ${NEVER_USED_DAYS} days and have never been used`,
  fix: 'millrace keys revoke',
};
const IDLE: Rule = {
  id: 'key-unused',
  level: 'warning',
  what: `that have not been used for ${IDLE_DAYS} days`,
  fix: 'millrace keys revoke',
};
const WITHOUT_EXPIRY: Rule = {
  id: 'key-without-expiry',
  level: 'note',
  what: 'that never expire',
  fix: 'millrace keys rotate',
};

function diagnose({ id, level, what, fix }: Rule, first: string, names: readonly string[]): Diagnosis {
  return {
    id,
    level,
    what: `API keys ${what}: ${listNames(names)}`,
    where: 'the store',
    fix: command(`${fix} ${quoteShell(first)}`),
  };
}
