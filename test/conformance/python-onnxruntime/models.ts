import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { inRoot } from '../harness/paths.js';

/** An ONNX file and the name under which it is served. */
export interface ModelFile {
  readonly name: string;
  readonly file: string;
}

/** The ONNX files of the project, and those of a folder of the user's. Files of one name are one model. */
export function findModels(furtherFolder: string | undefined): readonly ModelFile[] {
  const folders = [inRoot('examples/models'), inRoot('test/fixtures/models')];
  if (furtherFolder !== undefined) folders.push(furtherFolder);
  const found = new Map<string, string>();
  for (const file of folders.flatMap(onnxFilesUnder)) {
    const name = nameOf(file);
    if (!found.has(name)) found.set(name, file);
  }
  return [...found].map(([name, file]) => ({ name, file }));
}

function onnxFilesUnder(folder: string): readonly string[] {
  if (!existsSync(folder)) throw new Error(`${folder} does not exist`);
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.onnx'))
    .sort()
    .map((name) => path.join(folder, name));
}

/** `mlp/1/model.onnx` and `mlp.onnx` are both called mlp. */
function nameOf(file: string): string {
  const base = path.basename(file, '.onnx');
  return base === 'model' ? path.basename(path.dirname(path.dirname(file))) : base;
}
