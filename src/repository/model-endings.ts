/** Ending of the model files that are recognised without a configuration. */
export const MODEL_ENDING = '.onnx';
/** Names by which a version folder holds a model in TypeScript or JavaScript. */
export const SCRIPT_FILES: readonly string[] = ['model.ts', 'model.mts', 'model.js', 'model.mjs'];

/** True for what the script runtime takes. */
export function isScriptFile(file: string): boolean {
  return /\.m?[jt]s$/.test(file);
}
