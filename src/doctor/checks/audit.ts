import path from 'node:path';
import { keyFileOf } from '../../audit/index.js';
import { requiresCredential } from '../../config/index.js';
import { quoteShell } from '../../text/index.js';
import { type Check, command, type Diagnosis, setting } from '../diagnosis.js';
import type { Facts } from '../facts.js';

/** The key that signs checkpoints of the audit trail. Who may read it, is looked at with other files. */
export const checkAudit: Check = (facts) => {
  const { audit } = facts.settings;
  const isOn = audit.enabled === 'auto' ? requiresCredential(facts.settings) : audit.enabled;
  return isOn ? [...checkKey(facts), ...checkPlace(facts)] : [];
};

function checkKey({ settings: { audit }, files }: Facts): readonly Diagnosis[] {
  const file = keyFileOf(audit);
  if (audit.keyFile === '' || files.some((each) => each.path === file)) return [];
  const quoted = quoteShell(file);
  return [
    {
      id: 'audit-key-missing',
      level: 'warning',
      what: `there is no key at ${file}: the server makes one, by which nobody has known its checkpoints so far`,
      where: ['audit', 'keyFile'],
      fix: command(`(umask 077 && openssl genpkey -algorithm ed25519 -out ${quoted})`),
    },
  ];
}

function checkPlace({ settings: { audit } }: Facts): readonly Diagnosis[] {
  const folder = path.resolve(audit.folder);
  const isInside = (file: string) => !path.relative(folder, file).startsWith('..');
  const hasSecondPlace = audit.checkpointFile !== '' && !isInside(path.resolve(audit.checkpointFile));
  if (hasSecondPlace || !isInside(keyFileOf(audit))) return [];
  return [
    {
      id: 'audit-without-second-place',
      level: 'note',
      what: `who can write ${folder} can write all of the audit trail anew: the key that signs its checkpoints is there, and they are kept in no second place`,
      where: ['audit', audit.checkpointFile === '' ? 'keyFile' : 'checkpointFile'],
      fix: setting('audit: { checkpointFile: /mnt/elsewhere/checkpoints.jsonl }'),
    },
  ];
}
