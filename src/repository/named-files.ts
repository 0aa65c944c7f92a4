import { promises as fs } from 'node:fs';
import type { FileCache } from './file-cache.js';
import { type FileStamp, resolveInside, stampFile } from './files.js';
import type { ModelReading } from './read-model.js';

export type Labels = Readonly<Record<string, readonly string[]>>;

/** A file in the model's folder that its configuration names. */
export interface NamedFile {
  /** Output whose labels it holds; undefined for data of warm-ups and states. */
  readonly labelsOf: string | undefined;
  readonly file: FileStamp;
}

const MAX_LABELS_BYTES = 16_777_216;

/** The label, warm-up and state files of a model. Throws a sentence when one is missing, too large or leads elsewhere. */
export async function findNamedFiles(reading: ModelReading): Promise<readonly NamedFile[]> {
  const { outputs = [], warmup = [], sequenceBatching } = reading.config;
  const found: NamedFile[] = [];
  for (const { name, labels } of outputs) {
    if (labels === undefined) continue;
    const what = `labels of output '${name}'`;
    const file = await findFile(reading, labels, what);
    if (file.sizeBytes > MAX_LABELS_BYTES) {
      throw new Error(`${what}: '${labels}' has ${file.sizeBytes} bytes; expected at most ${MAX_LABELS_BYTES}`);
    }
    found.push({ labelsOf: name, file });
  }
  for (const sample of warmup) {
    for (const [input, { data }] of Object.entries(sample.inputs)) {
      if (typeof data === 'string') continue;
      const file = await findFile(reading, data.file, `warm-up '${sample.name}', input '${input}'`);
      found.push({ labelsOf: undefined, file });
    }
  }
  for (const { input, initial = 'zero' } of sequenceBatching?.states ?? []) {
    if (initial === 'zero') continue;
    const file = await findFile(reading, initial.file, `initial state of '${input}'`);
    found.push({ labelsOf: undefined, file });
  }
  return found;
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
