import type { ApiError } from './errors.js';

/** A setting whose new value is in force. */
export interface ChangedSetting {
  /** Its path: `auth.bindings`. */
  readonly setting: string;
  /** Missing where it is one of several. */
  readonly file?: string;
}

/** A file that cannot be used: its values before stay in force. */
export interface ReloadProblem {
  /** Missing where it is one of several. */
  readonly file?: string;
  /** As in the log. */
  readonly message: string;
}

/** What came of reading the files of the settings again. */
export interface Reload {
  readonly changed: readonly ChangedSetting[];
  /** Settings whose values in the file take effect at the next start. */
  readonly needs_restart: readonly string[];
  readonly problems: readonly ReloadProblem[];
}

/** With 409: a file cannot be used. Other files may have taken effect. */
export interface FailedReload extends Reload {
  readonly error: ApiError['error'] & { readonly code: 'failed_precondition' };
}

export interface ReloadEndpoints {
  'POST /reload': { readonly answer: Reload };
}
