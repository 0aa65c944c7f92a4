/** A setting whose new value is in force. */
export interface ChangedSetting {
  /** Its path: `auth.bindings`. */
  readonly setting: string;
  /** The file that has its value; undefined where no single file does. */
  readonly file: string | undefined;
}

/** A file that cannot be used, so that the values before stay in force. */
export interface ReloadProblem {
  /** undefined where it is one of several files. */
  readonly file: string | undefined;
  /** As the log has it. */
  readonly message: string;
}

/** Outcome of reading files again. */
export interface ReloadResult {
  readonly changed: readonly ChangedSetting[];
  /** Paths of settings whose values in the file differ from those in force until the next start. */
  readonly needsRestart: readonly string[];
  readonly problems: readonly ReloadProblem[];
}

/** No file has changed. */
export const NOTHING_RELOADED: ReloadResult = { changed: [], needsRestart: [], problems: [] };

/** The outcome of reading several files. */
export function joinReloads(results: readonly ReloadResult[]): ReloadResult {
  return {
    changed: results.flatMap(({ changed }) => changed),
    needsRestart: results.flatMap(({ needsRestart }) => needsRestart),
    problems: results.flatMap(({ problems }) => problems),
  };
}
