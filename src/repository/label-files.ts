import { promises as fs } from 'node:fs';
import type { FileCache } from './file-cache.js';
import { type FileStamp, resolveInside, stampFile } from './files.js';
import type { ModelReading } from './read-model.js';

export type Labels = Readonly<Record<string, readonly string[]>>;

export interface LabelFile {
  readonly output: string;
  readonly file: FileStamp;
}

const MAX_LABELS_BYTES = 16_777_216;

/** The label files that a configuration names. Throws a sentence when one is missing, too large or lies elsewhere. */
export async function findLabelFiles({ name, config, location }: ModelReading): Promise<readonly LabelFile[]> {
  const found: LabelFile[] = [];
  for (const output of config.outputs ?? []) {
    if (output.labels === undefined) continue;
    const what = `labels of output '${output.name}'`;
    const labels = await resolveInside(location.folder, output.labels, location.root).catch((error: Error) => {
      throw new Error(`${what}: ${error.message} (looked for in folder ${name})`);
    });
    const file = await stampFile(labels, `../${output.labels}`);
    if (file.sizeBytes > MAX_LABELS_BYTES) {
      throw new Error(`${what}: '${output.labels}' has ${file.sizeBytes} bytes; expected at most ${MAX_LABELS_BYTES}`);
    }
    found.push({ output: output.name, file });
  }
  return found;
}

/** Class labels by output name: one a line, a final empty line does not count. */
export async function readLabels(files: readonly LabelFile[], cache: FileCache<readonly string[]>): Promise<Labels> {
  const labels: Record<string, readonly string[]> = {};
  for (const { output, file } of files) {
    labels[output] = await cache.get(file.path, file.stamp, async () => {
      const lines = (await fs.readFile(file.path, 'utf8')).split(/\r?\n/);
      return lines.at(-1) === '' ? lines.slice(0, -1) : lines;
    });
  }
  return labels;
}
