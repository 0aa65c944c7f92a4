import type { Environment } from './environment.js';
import type { Tree } from './layer.js';

/** Where settings come from. */
export interface SettingsSources {
  /** Settings file; undefined = the one named by `MILLRACE_CONFIG`, else `millrace.yaml` in `cwd` if there is one. */
  readonly file?: string | undefined;
  readonly env: Environment;
  /** From the command line; numbers, booleans and lists may be text. */
  readonly flags: Tree;
  readonly cwd: string;
  /** What is in the file; default: what is there now. */
  readonly text?: string;
}
