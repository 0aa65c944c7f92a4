import { cpSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { inRoot } from './paths.js';

/** A model of the table: where its file is, and the shape of one row. */
export interface BenchModel {
  readonly file: string;
  readonly input: string;
  readonly rowShape: readonly number[];
  readonly output: string;
  readonly outputWidth: number;
}

export const MODELS = {
  /** W1: 17 µs a run; what is measured is the server. */
  mlp16: { file: inRoot('examples/models/mlp/1/model.onnx'), input: 'x', rowShape: [16], output: 'y', outputWidth: 10 },
  /** W2: 6 KB of JSON a row. */
  mlp784: {
    file: inRoot('test/fixtures/models/mlp-784x10.onnx'),
    input: 'x',
    rowShape: [784],
    output: 'y',
    outputWidth: 10,
  },
  /** W3: 602 KB a row, about a millisecond a run. */
  mobilenet: {
    file: inRoot('examples/models/mobilenetv3/1/model.onnx'),
    input: 'pixel_values',
    rowShape: [3, 224, 224],
    output: 'probs',
    outputWidth: 3,
  },
} as const satisfies Record<string, BenchModel>;

export interface RepositoryEntry {
  readonly name: string;
  /** undefined = the model is a script. */
  readonly model?: Pick<BenchModel, 'file'>;
  /** Text of the script that is the model. */
  readonly script?: string;
  /** Files of a model that is a folder, by their path in it: copies of others, and texts. */
  readonly copies?: Readonly<Record<string, string>>;
  readonly texts?: Readonly<Record<string, string>>;
  /** Lines of `model.yaml`; none = everything is read from the file. */
  readonly yaml?: readonly string[];
}

/** Writes a model repository into a temporary folder; returns the folder. */
export function writeRepository(entries: readonly RepositoryEntry[]): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'millrace-bench-'));
  for (const { name, model, script, copies = {}, texts = {}, yaml } of entries) {
    const version = path.join(folder, name, '1');
    mkdirSync(version, { recursive: true });
    for (const [file, source] of Object.entries(copies)) cpSync(source, path.join(version, file), { recursive: true });
    for (const [file, text] of Object.entries(texts)) writeFileSync(path.join(version, file), text);
    if (model !== undefined) cpSync(model.file, path.join(folder, name, '1', `model${path.extname(model.file)}`));
    if (script !== undefined) writeFileSync(path.join(folder, name, '1', 'model.ts'), script);
    if (yaml !== undefined) writeFileSync(path.join(folder, name, 'model.yaml'), `${yaml.join('\n')}\n`);
  }
  return folder;
}
