import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { readInferences } from '../../src/audit/entries.js';

/** An entry of an audit trail, as it stands in its file. */
export type TrailEntry = Readonly<Record<string, unknown>>;

/** What a server has recorded so far, each inference as an entry of its own. */
export function readTrail({ folder }: { readonly folder: { readonly path: string } }): readonly TrailEntry[] {
  const audit = path.join(folder.path, '.millrace/audit');
  return names(audit).flatMap((name) =>
    readFileSync(path.join(audit, name), 'utf8')
      .split('\n')
      .slice(0, -1)
      .flatMap((line) => {
        const { entry } = JSON.parse(line);
        return readInferences(entry) ?? [entry];
      }),
  );
}

function names(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith('.jsonl'))
      .sort();
  } catch {
    return [];
  }
}

/** Beginnings and ends of changes: `key:ops model.load intent`, `key:ops model.load ok`. */
export function readChanges(server: { readonly folder: { readonly path: string } }): readonly string[] {
  return readTrail(server)
    .filter(({ type }) => type === 'intent' || type === 'outcome')
    .map(({ principal, action, outcome = 'intent' }) => `${principal} ${action} ${outcome}`);
}
