import { formatPath } from '../../text/index.js';
import { type Check, command, DAY_MS, type Diagnosis, days, listNames, setting } from '../diagnosis.js';
import type { FileFacts } from '../facts.js';

const GOOD_LENGTH = 32;
const FEW_CHARACTERS = 8;
/** Of two keys, the share of the shorter one that is the same at their beginnings and ends. */
const ALIKE_SHARE = 0.75;
const OLD_MS = 365 * DAY_MS;

/** Keys that the settings hold. What is found never says a part of one. */
export const checkStaticKeys: Check = ({ settings, files, nowMs }) => {
  const { keys } = settings.auth;
  const weak = keys.flatMap(({ name, key }, index) => checkStrength(name, key, index));
  const alike = keys.flatMap(({ name, key }, index) => {
    const twin = keys.slice(0, index).find((earlier) => areAlike(earlier.key, key));
    return twin === undefined ? [] : [keysAlike([twin.name, name], index)];
  });
  const old = files.filter(({ kind, modifiedAtMs }) => kind === 'secret' && nowMs - modifiedAtMs > OLD_MS);
  const isKey = ({ setting: [room, list] }: FileFacts) => room === 'auth' && list === 'keys';
  return [...weak, ...alike, ...old.filter(isKey).map((file) => oldKey(file, nowMs))];
};

const placeOf = (index: number) => ['auth', 'keys', String(index), 'key'] as const;
const NEW_KEY = command('openssl rand -hex 32');

function checkStrength(name: string, key: string, index: number): readonly Diagnosis[] {
  if (new Set(key).size < FEW_CHARACTERS) {
    return [
      {
        id: 'key-guessable',
        level: 'error',
        what: `key '${name}' is made of few different characters: it can be guessed`,
        where: placeOf(index),
        fix: NEW_KEY,
      },
    ];
  }
  if (key.length >= GOOD_LENGTH) return [];
  return [
    {
      id: 'key-short',
      level: 'warning',
      what: `key '${name}' has ${key.length} characters, expected at least ${GOOD_LENGTH} random ones`,
      where: placeOf(index),
      fix: NEW_KEY,
    },
  ];
}

function areAlike(one: string, other: string): boolean {
  const length = Math.min(one.length, other.length);
  let first = 0;
  while (first < length && one[first] === other[first]) first++;
  let last = 0;
  while (last < length - first && one.at(-1 - last) === other.at(-1 - last)) last++;
  return first + last >= length * ALIKE_SHARE;
}

function keysAlike([one, other]: readonly [string, string], index: number): Diagnosis {
  return {
    id: 'keys-alike',
    level: 'warning',
    what: `keys '${one}' and '${other}' are nearly the same: who has one can guess the other`,
    where: placeOf(index),
    fix: NEW_KEY,
  };
}

function oldKey({ setting: where, path, modifiedAtMs }: FileFacts, nowMs: number): Diagnosis {
  return {
    id: 'key-old',
    level: 'warning',
    what: `the key in ${path} has been the same for ${days(nowMs - modifiedAtMs)}`,
    where,
    fix: NEW_KEY,
  };
}

/** Keys that stand in the settings file itself, which is copied and kept in more places than a key should be. */
export const checkWrittenKeys: Check = ({ writtenSecrets }) => {
  const [first] = writtenSecrets;
  if (first === undefined) return [];
  const names = listNames(writtenSecrets.map(formatPath));
  return [
    {
      id: 'key-in-settings',
      level: 'note',
      what: `keys that are written in the settings themselves go wherever these are copied to: ${names}`,
      where: first,
      fix: setting("auth: { keys: [{ name: me, key: '${file:me.key}' }] }"),
    },
  ];
};
