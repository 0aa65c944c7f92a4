import path from 'node:path';
import { type Entry, type FileStamp, type FileTree, LEADS_OUT, readTree, stampFile } from './files.js';
import { CONFIG_FILES, type ModelLocation } from './find-models.js';
import { versionOfFolder } from './names.js';

/** Where one version of a model may lie. */
export interface VersionPlace {
  readonly version: number;
  /** How it is called in messages, relative to the repository: `mlp/3`. */
  readonly shownAs: string;
  readonly folder: string;
  /** The one file that is the model, where that is settled by its name. */
  readonly file: string | undefined;
  /** Lists its files; throws a sentence without its subject. */
  readonly read: () => Promise<FileTree>;
}

/**
 * The places of a model's versions: its numeric folders; the model folder itself, as version 1, when it has none; or a
 * bare file with the files that belong to it by name (`x.onnx`, `x.onnx.data`).
 */
export function versionPlaces(location: ModelLocation): readonly VersionPlace[] {
  const { name, folder, root, layout, entries } = location;
  const [first] = entries;
  if (layout === 'file' && first !== undefined) {
    const read = (): Promise<FileTree> => readSiblings(entries);
    return [{ version: 1, shownAs: first.name, folder, file: first.name, read }];
  }
  const places = entries.flatMap((entry) => {
    const version = entry.kind === 'file' ? undefined : versionOfFolder(entry.name);
    if (version === undefined) return [];
    const read = (): Promise<FileTree> => readVersionFolder(entry, root);
    return [
      { version, shownAs: `${name}/${entry.name}`, folder: path.join(folder, entry.name), file: undefined, read },
    ];
  });
  if (places.length > 0) return places;
  return [{ version: 1, shownAs: name, folder, file: undefined, read: () => readModelFolder(location) }];
}

async function readVersionFolder(entry: Entry, root: string): Promise<FileTree> {
  if (entry.kind === 'outside') throw new Error(LEADS_OUT);
  return readTree(entry.path, root);
}

async function readModelFolder({ folder, root }: ModelLocation): Promise<FileTree> {
  const tree = await readTree(folder, root);
  return { ...tree, files: tree.files.filter((file) => !CONFIG_FILES.includes(file.relative)) };
}

async function readSiblings(entries: readonly Entry[]): Promise<FileTree> {
  const outside = entries.find((entry) => entry.kind === 'outside')?.name;
  const files = entries.filter((entry) => entry.kind === 'file');
  const stamps: FileStamp[] = await Promise.all(files.map((entry) => stampFile(entry.path, entry.name)));
  return { files: stamps, newestMtimeMs: Math.max(...stamps.map((file) => file.mtimeMs)), outside };
}
