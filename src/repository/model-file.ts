import path from 'node:path';
import { MODEL_ENDING } from './find-models.js';
import { ModelConfigSchema } from './model-config.js';

/** Which file of a version is the model, or a sentence (without its subject, the folder) why none is. */
export type ModelFileChoice = { readonly file: string } | { readonly problem: string };

const FOREIGN: Readonly<Record<string, string>> = {
  '.plan': 'a TensorRT engine, which this server cannot run; serve the ONNX file that it was built from',
  '.engine': 'a TensorRT engine, which this server cannot run; serve the ONNX file that it was built from',
  '.pt': 'a PyTorch model; export it with torch.onnx.export',
  '.pth': 'PyTorch weights; export the model with torch.onnx.export',
  '.pb': 'a TensorFlow model; convert it with tf2onnx',
  '.tflite': 'a TensorFlow Lite model; convert it with tf2onnx',
  '.py': 'a Python model, which this server cannot run',
};
const MAX_LISTED = 5;

/**
 * Chooses among a version's files (relative paths): the one the configuration names, else `model.onnx`, else the only
 * `*.onnx` that is not in a subfolder.
 */
export function chooseModelFile(files: readonly string[], configured: string | undefined): ModelFileChoice {
  if (configured !== undefined) {
    if (files.includes(configured)) return { file: configured };
    return { problem: `holds no file '${configured}', which the configuration names; it holds ${list(files)}` };
  }
  const standard = ModelConfigSchema.properties.file.default as string;
  if (files.includes(standard)) return { file: standard };
  const models = files.filter((file) => file.endsWith(MODEL_ENDING) && !file.includes('/'));
  const [only] = models;
  if (only === undefined) return { problem: missing(files) };
  if (models.length === 1) return { file: only };
  return { problem: `holds several model files (${list(models)}); name one in the configuration (\`file\`)` };
}

function missing(files: readonly string[]): string {
  for (const file of files) {
    const what = FOREIGN[path.extname(file)];
    if (what !== undefined) return `holds ${file}: ${what}`;
  }
  return `holds no model file; expected model.onnx or one *.onnx, found ${list(files)}`;
}

function list(files: readonly string[]): string {
  if (files.length === 0) return 'nothing';
  const shown = files.slice(0, MAX_LISTED).join(', ');
  return files.length > MAX_LISTED ? `${shown} and ${files.length - MAX_LISTED} more` : shown;
}
