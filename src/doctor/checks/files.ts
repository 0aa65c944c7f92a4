import { quoteShell } from '../../text/index.js';
import { type Check, command, type Diagnosis, listNames } from '../diagnosis.js';
import type { FileFacts, FileKind } from '../facts.js';

const OTHERS_READ = 0o004;
const OTHERS_WRITE = 0o002;

interface Rule {
  /** Others must not read it. */
  readonly isSecret: boolean;
  /** Completes "every user of this machine may …". */
  readonly read: string;
  readonly write: string;
}

const RULES: Readonly<Record<FileKind, Rule>> = {
  settings: { isSecret: false, read: '', write: 'change the settings' },
  'settings with secrets': { isSecret: true, read: 'read keys in the settings', write: 'change the settings' },
  secret: { isSecret: true, read: 'read a secret', write: 'replace a secret' },
  models: { isSecret: false, read: '', write: 'change what is served' },
  code: { isSecret: false, read: '', write: 'have the server run code of theirs' },
  certificate: { isSecret: false, read: '', write: 'replace certificates' },
  store: { isSecret: true, read: 'read what is stored', write: 'change what is stored' },
};

/** Files that every user of the machine may read or write, and should not. Those of one repository are one finding. */
export const checkFiles: Check = ({ files, settings }) => {
  const writable = files.filter(({ mode = 0 }) => (mode & OTHERS_WRITE) !== 0);
  const readable = files.filter(({ kind, mode = 0 }) => RULES[kind].isSecret && (mode & OTHERS_READ) !== 0);
  const only = readable.filter((file) => !writable.includes(file));
  const repositories = settings.repository.paths.flatMap((folder, index) => {
    const below = writable.filter(({ kind, setting }) => kind === 'models' && setting.at(-1) === String(index));
    return below.length === 0 ? [] : [writableModels(folder, below)];
  });
  return [
    ...writable.filter(({ kind }) => kind !== 'models').map(writableByAll),
    ...repositories,
    ...only.map(readableByAll),
  ];
};

function writableByAll({ kind, setting: where, path }: FileFacts): Diagnosis {
  const { isSecret, write } = RULES[kind];
  return {
    id: 'writable-by-all',
    level: 'error',
    what: `every user of this machine may ${write}: ${path} is writable by all`,
    where: where.length === 0 ? path : where,
    fix: command(`chmod ${isSecret ? 'go-rwx' : 'o-w'} ${quoteShell(path)}`),
  };
}

function writableModels(folder: string, files: readonly FileFacts[]): Diagnosis {
  const names = listNames(files.map(({ path }) => path));
  return {
    id: 'writable-by-all',
    level: 'error',
    what: `every user of this machine may ${RULES.models.write}: writable by all: ${names}`,
    where: files[0]?.setting ?? folder,
    fix: command(`chmod -R o-w ${quoteShell(folder)}`),
  };
}

function readableByAll({ kind, setting: where, path }: FileFacts): Diagnosis {
  return {
    id: 'readable-by-all',
    level: 'error',
    what: `every user of this machine may ${RULES[kind].read}: ${path} is readable by all`,
    where: where.length === 0 ? path : where,
    fix: command(`chmod go-rwx ${quoteShell(path)}`),
  };
}
