import type { RuntimeManifest } from '../runtimes/index.js';
import type { ModelFiles } from './model-files.js';

/** Which file of a version is the model and what runs it, or a sentence (without its subject, the folder) why none is. */
export type ModelFileChoice =
  | { readonly file: string; readonly runtime: RuntimeManifest }
  | { readonly problem: string };

/** What the configuration says of it. */
export interface ConfiguredFile {
  readonly file: string | undefined;
  readonly runtime: RuntimeManifest | undefined;
}

const MAX_LISTED = 5;

/**
 * Chooses among a version's files (relative paths): the one that the configuration names, else by what the runtimes take, such
 * as `model.onnx`, else the only `*.onnx` that is not in a subfolder; or `model.ts`.
 */
export function chooseModelFile(
  files: readonly string[],
  configured: ConfiguredFile,
  known: ModelFiles,
): ModelFileChoice {
  const { file, runtime } = configured;
  if (file !== undefined) return chooseNamed(file, { files, runtime, known });
  const claims = known.claims(files, runtime);
  const [claim, other] = claims;
  if (claim === undefined) return { problem: missing(files, runtime, known) };
  if (other !== undefined) {
    return {
      problem: `holds ${claim.files[0]} and ${other.files[0]}; say in the configuration which is the model (\`runtime\`)`,
    };
  }
  const chosen = claim.files.length === 1 ? claim.files[0] : standardOf(claim.runtime, claim.files);
  if (chosen !== undefined) return { file: chosen, runtime: claim.runtime };
  return { problem: `holds several model files (${list(claim.files)}); name one in the configuration (\`file\`)` };
}

interface NamedContext {
  readonly files: readonly string[];
  readonly runtime: RuntimeManifest | undefined;
  readonly known: ModelFiles;
}

function chooseNamed(file: string, { files, runtime, known }: NamedContext): ModelFileChoice {
  if (!files.includes(file)) {
    return { problem: `holds no file '${file}', which the configuration names; it holds ${list(files)}` };
  }
  const foreign = runtime === undefined ? known.describeForeign(file) : undefined;
  if (foreign !== undefined) return { problem: `holds ${file}: ${foreign}` };
  const chosen = runtime ?? known.runtimeOf(file);
  return chosen === undefined ? { problem: `holds ${file}, which no runtime takes` } : { file, runtime: chosen };
}

/** Of several files with any name, the one that needs no configuration. */
function standardOf({ files: rule }: RuntimeManifest, files: readonly string[]): string | undefined {
  if (rule === undefined || rule.names !== undefined) return undefined;
  return rule.endings.map((ending) => `model${ending}`).find((standard) => files.includes(standard));
}

function missing(files: readonly string[], runtime: RuntimeManifest | undefined, known: ModelFiles): string {
  // What is called model.* is the model, the others may be helpers of it.
  const named = files.toSorted((one, other) => Number(isModelNamed(other)) - Number(isModelNamed(one)));
  for (const file of named) {
    const what = known.describeForeign(file);
    if (what !== undefined) return `holds ${file}: ${what}`;
  }
  const noun = runtime?.files?.noun ?? 'model file';
  return `holds no ${noun}; expected ${known.expected(runtime)}, found ${list(files)}`;
}

function isModelNamed(file: string): boolean {
  return file.startsWith('model.');
}

function list(files: readonly string[]): string {
  if (files.length === 0) return 'nothing';
  const shown = files.slice(0, MAX_LISTED).join(', ');
  return files.length > MAX_LISTED ? `${shown} and ${files.length - MAX_LISTED} more` : shown;
}
