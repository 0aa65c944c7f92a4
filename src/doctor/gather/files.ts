import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { keyFileOf } from '../../audit/index.js';
import type { Settings, SettingsOrigin } from '../../config/index.js';
import type { FileFacts, FileKind } from '../facts.js';

interface Named {
  readonly kind: FileKind;
  readonly setting: readonly string[];
  readonly path: string;
}

/** Files of a repository that are looked at; the folder of a large model has few. */
const MOST_MODEL_FILES = 5_000;
/** Repository, model, version, and what a version has of folders. */
const MODEL_DEPTH = 4;

/** What the settings name and is there, with who may read and write it. */
export async function gatherFiles(settings: Settings, origin: SettingsOrigin): Promise<readonly FileFacts[]> {
  const { server, auth, jobs, repository, runners, store, audit } = settings;
  const named = new Map<string, Named>();
  const add = (kind: FileKind, setting: string | readonly string[], file: string) => {
    if (file === '' || named.has(file)) return;
    named.set(file, { kind, setting: typeof setting === 'string' ? setting.split('.') : setting, path: file });
  };
  const hasSecrets = origin.secretFiles.some(({ kind }) => kind === 'written');
  add(hasSecrets ? 'settings with secrets' : 'settings', [], origin.file ?? '');
  for (const { setting, file } of origin.secretFiles) add('secret', setting, file);
  add('secret', 'server.tls.keyFile', server.tls.keyFile);
  add('certificate', 'server.tls.certFile', server.tls.certFile);
  add('certificate', 'server.tls.clientCaFile', server.tls.clientCaFile);
  for (const [index, { caFile, tokenFile }] of auth.issuers.entries()) {
    add('certificate', `auth.issuers.${index}.caFile`, caFile);
    add('secret', `auth.issuers.${index}.tokenFile`, tokenFile);
  }
  add('certificate', 'jobs.inputs.caFile', jobs.inputs.caFile);
  add('certificate', 'jobs.webhooks.caFile', jobs.webhooks.caFile);
  for (const [index, file] of runners.runtimes.entries()) add('code', `runners.runtimes.${index}`, file);
  add('code', 'runners.entry', runners.entry);
  // There is one where the trail has been written once.
  add('secret', 'audit.keyFile', keyFileOf(audit));
  add('store', 'store.path', path.resolve(store.path));
  for (const [index, folder] of repository.paths.entries()) {
    for (const file of await filesBelow(folder)) add('models', `repository.paths.${index}`, file);
  }
  return (await Promise.all([...named.values()].map(factsOf))).flat();
}

/** The folder, what is in it, and so on; links are not followed. */
async function filesBelow(root: string): Promise<readonly string[]> {
  const found = [root];
  let folders: readonly string[] = [root];
  for (let depth = 1; depth <= MODEL_DEPTH && folders.length > 0; depth++) {
    const below: string[] = [];
    for (const folder of folders) {
      for (const entry of await readdir(folder, { withFileTypes: true }).catch(() => [])) {
        if (found.length >= MOST_MODEL_FILES) return found;
        if (entry.isSymbolicLink()) continue;
        const file = path.join(folder, entry.name);
        found.push(file);
        if (entry.isDirectory()) below.push(file);
      }
    }
    folders = below;
  }
  return found;
}

/** Nothing where the file is not there: whoever needs it says so. */
async function factsOf({ kind, setting, path: file }: Named): Promise<readonly FileFacts[]> {
  try {
    const { mode, mtimeMs } = await stat(file);
    // Windows has access lists in place of these bits.
    const bits = process.platform === 'win32' ? undefined : mode & 0o777;
    return [{ kind, setting, path: file, mode: bits, modifiedAtMs: mtimeMs }];
  } catch {
    return [];
  }
}
