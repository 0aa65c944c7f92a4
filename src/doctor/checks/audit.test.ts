import { expect, it } from 'vitest';
import { found, GOOD_KEY, NOW_MS } from '../../../test/support/doctor-facts.js';
import { checkAudit } from './audit.js';
import { checkFiles } from './files.js';

const AUTH = { keys: [{ name: 'a', key: GOOD_KEY, scopes: [] }] };
const key = (path: string, mode = 0o600) =>
  ({ kind: 'secret', setting: ['audit', 'keyFile'], path, mode, modifiedAtMs: NOW_MS }) as const;

const SECOND_PLACE =
  'who can write /trail can write all of the audit trail anew: the key that signs its checkpoints is there, and they are kept in no second place → audit: { checkpointFile: /mnt/elsewhere/checkpoints.jsonl }';

it('a trail is fine with a second place, or a key elsewhere, and where there is none', () => {
  expect(found(checkAudit, {})).toEqual([]);
  expect(found(checkAudit, { settings: { auth: AUTH, audit: { enabled: false } } })).toEqual([]);
  const second = { folder: '/trail', checkpointFile: '/mnt/checkpoints.jsonl' };
  expect(found(checkAudit, { settings: { auth: AUTH, audit: second } })).toEqual([]);
  const elsewhere = { folder: '/trail', keyFile: '/etc/audit.pem' };
  expect(found(checkAudit, { settings: { auth: AUTH, audit: elsewhere }, files: [key('/etc/audit.pem')] })).toEqual([]);
});

it('tells where everything lies in one folder', () => {
  const of = (audit: object) => found(checkAudit, { settings: { auth: AUTH, audit: { folder: '/trail', ...audit } } });
  expect(of({})).toEqual([`note audit-without-second-place audit.keyFile: ${SECOND_PLACE}`]);
  expect(of({ checkpointFile: '/trail/checkpoints.jsonl' })).toEqual([
    `note audit-without-second-place audit.checkpointFile: ${SECOND_PLACE}`,
  ]);
  expect(of({ checkpointFile: '/trailer/checkpoints.jsonl' })).toEqual([]);
});

it('tells of a key that is missing, and of one that others may read', () => {
  const settings = { auth: AUTH, audit: { folder: '/trail', keyFile: "/etc/o'key.pem" } };
  expect(found(checkAudit, { settings })).toEqual([
    `warning audit-key-missing audit.keyFile: there is no key at /etc/o'key.pem: the server makes one, by which nobody has known its checkpoints so far → (umask 077 && openssl genpkey -algorithm ed25519 -out '/etc/o'\\''key.pem')`,
  ]);
  expect(found(checkFiles, { settings, files: [key('/etc/key.pem', 0o644)] })).toEqual([
    'error readable-by-all audit.keyFile: every user of this machine may read a secret: /etc/key.pem is readable by all → chmod go-rwx /etc/key.pem',
  ]);
});
