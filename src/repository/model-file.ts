import { describeForeign } from './foreign-files.js';
import { ModelConfigSchema } from './model-config.js';
import { isScriptFile, MODEL_ENDING, SCRIPT_FILES } from './model-endings.js';

/** Which file of a version is the model and what runs it, or a sentence (without its subject, the folder) why none is. */
export type ModelFileChoice = { readonly file: string; readonly runtime: string } | { readonly problem: string };

/** What the configuration says of it. */
export interface ConfiguredFile {
  readonly file: string | undefined;
  readonly runtime: string | undefined;
}

const MAX_LISTED = 5;
const DEFAULT_RUNTIME = 'onnx';

/**
 * Chooses among a version's files (relative paths): the one the configuration names, else `model.onnx`, else the only
 * `*.onnx` that is not in a subfolder; or `model.ts` (`.mts`, `.js`, `.mjs`), a model in TypeScript or JavaScript.
 */
export function chooseModelFile(files: readonly string[], { file, runtime }: ConfiguredFile): ModelFileChoice {
  if (file !== undefined) {
    const foreign = runtime === undefined ? describeForeign(file) : undefined;
    if (foreign !== undefined && files.includes(file)) return { problem: `holds ${file}: ${foreign}` };
    if (files.includes(file)) return { file, runtime: runtime ?? (isScriptFile(file) ? 'script' : DEFAULT_RUNTIME) };
    return { problem: `holds no file '${file}', which the configuration names; it holds ${list(files)}` };
  }
  const scripts = SCRIPT_FILES.filter((name) => files.includes(name));
  if (runtime === 'script' && scripts.length === 0) {
    return { problem: `holds no script; expected ${SCRIPT_FILES.join(' or ')}, found ${list(files)}` };
  }
  const graphs = runtime === 'script' ? [] : files.filter(isGraph);
  if (runtime === undefined && scripts.length > 0 && graphs.length > 0) {
    return {
      problem: `holds ${scripts[0]} and ${graphs[0]}; say in the configuration which is the model (\`runtime\`)`,
    };
  }
  return only(runtime === 'script' || graphs.length === 0 ? scripts : graphs, { runtime, files });
}

function isGraph(file: string): boolean {
  return file.endsWith(MODEL_ENDING) && !file.includes('/');
}

function only(
  candidates: readonly string[],
  { runtime, files }: { readonly runtime: string | undefined; readonly files: readonly string[] },
): ModelFileChoice {
  const standard = ModelConfigSchema.properties.file.default as string;
  const file = candidates.includes(standard) ? standard : candidates[0];
  if (file === undefined) return { problem: missing(files) };
  if (candidates.length === 1 || file === standard) {
    return { file, runtime: runtime ?? (isScriptFile(file) ? 'script' : DEFAULT_RUNTIME) };
  }
  return { problem: `holds several model files (${list(candidates)}); name one in the configuration (\`file\`)` };
}

function missing(files: readonly string[]): string {
  // What is called model.* is the model, the others may be helpers of it.
  const named = files.toSorted((one, other) => Number(isModelNamed(other)) - Number(isModelNamed(one)));
  for (const file of named) {
    const what = describeForeign(file);
    if (what !== undefined) return `holds ${file}: ${what}`;
  }
  return `holds no model file; expected model.onnx, one *.onnx or model.ts, found ${list(files)}`;
}

function isModelNamed(file: string): boolean {
  return file.startsWith('model.');
}

function list(files: readonly string[]): string {
  if (files.length === 0) return 'nothing';
  const shown = files.slice(0, MAX_LISTED).join(', ');
  return files.length > MAX_LISTED ? `${shown} and ${files.length - MAX_LISTED} more` : shown;
}
