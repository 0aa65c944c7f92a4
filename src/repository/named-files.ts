import { promises as fs } from 'node:fs';
import type { FileCache } from './file-cache.js';
import { type FileStamp, resolveInside, stampFile } from './files.js';
import type { ModelLocation } from './find-models.js';
import type { ModelConfig } from './model-config.js';
import type { ModelFiles } from './model-files.js';
import { isIgnoredName } from './names.js';
import type { ModelReading } from './read-model.js';

export type Labels = Readonly<Record<string, readonly string[]>>;

/** A file in the model's folder that its configuration names. */
export interface NamedFile {
  /** Output whose labels it holds; undefined for data of warm-ups and states. */
  readonly labelsOf: string | undefined;
  readonly file: FileStamp;
}

const MAX_LABELS_BYTES = 16_777_216;

interface Naming {
  /** Relative to the model's folder. */
  readonly file: string;
  /** What it is for, for messages. */
  readonly what: string;
  readonly labelsOf?: string;
}

/** The label, warm-up and state files that a configuration names. */
function namingsOf({ outputs = [], warmup = [], sequenceBatching }: ModelConfig): readonly Naming[] {
  return [
    ...outputs.flatMap(({ name, labels }) =>
      labels === undefined ? [] : [{ file: labels, what: `labels of output '${name}'`, labelsOf: name }],
    ),
    ...warmup.flatMap((sample) =>
      Object.entries(sample.inputs).flatMap(([input, { data }]) =>
        typeof data === 'string' ? [] : [{ file: data.file, what: `warm-up '${sample.name}', input '${input}'` }],
      ),
    ),
    ...(sequenceBatching?.states ?? []).flatMap(({ input, initial = 'zero' }) =>
      initial === 'zero' ? [] : [{ file: initial.file, what: `initial state of '${input}'` }],
    ),
  ];
}

/** The label, warm-up and state files of a model. Throws a sentence when one is missing, too large or leads elsewhere. */
export async function findNamedFiles(reading: ModelReading): Promise<readonly NamedFile[]> {
  const found: NamedFile[] = [];
  for (const { file: name, what, labelsOf } of namingsOf(reading.config)) {
    const file = await findFile(reading, name, what);
    if (labelsOf !== undefined && file.sizeBytes > MAX_LABELS_BYTES) {
      throw new Error(`${what}: '${name}' has ${file.sizeBytes} bytes; expected at most ${MAX_LABELS_BYTES}`);
    }
    found.push({ labelsOf, file });
  }
  return found;
}

/**
 * Why the configuration of a load request cannot name one of its files: it is a program, a file that repositories take no notice of,
 * or, beside a bare model file, a file of another model. undefined = it can name all of them.
 */
export function namedFileProblem(
  config: ModelConfig,
  { layout, entries }: Pick<ModelLocation, 'layout' | 'entries'>,
  files: ModelFiles,
): string | undefined {
  const isClosed = (file: string) =>
    files.isProgram(file) ||
    file.split(/[\\/]/).some((part) => part !== '.' && part !== '..' && isIgnoredName(part)) ||
    (layout === 'file' && entries.every(({ name }) => name !== file));
  const naming = namingsOf(config).find(({ file }) => isClosed(file));
  return naming && `${naming.what}: '${naming.file}' can be named in the model's own files only`;
}

async function findFile({ name, location }: ModelReading, file: string, what: string): Promise<FileStamp> {
  try {
    return await stampFile(await resolveInside(location.folder, file, location.root), `../${file}`);
  } catch (error) {
    throw new Error(`${what}: ${(error as Error).message} (looked for in folder '${name}')`);
  }
}

/** Class labels by output name: one a line, a final empty line does not count. */
export async function readLabels(files: readonly NamedFile[], cache: FileCache<readonly string[]>): Promise<Labels> {
  const labels = new Map<string, readonly string[]>();
  for (const { labelsOf, file } of files) {
    if (labelsOf !== undefined)
      labels.set(labelsOf, await cache.get(file.path, file.stamp, () => readLines(file.path)));
  }
  return Object.fromEntries(labels);
}

async function readLines(filePath: string): Promise<readonly string[]> {
  const lines = (await fs.readFile(filePath, 'utf8')).split(/\r?\n/);
  return lines.at(-1) === '' ? lines.slice(0, -1) : lines;
}
