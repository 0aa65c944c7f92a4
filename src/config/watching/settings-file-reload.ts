import { type Clock, MillraceError } from '../../core/index.js';
import { type LiveSettings, NOTHING_RELOADED, type ReloadResult } from '../../service/index.js';
import { readSettingsText } from '../file.js';
import type { Tree } from '../layer.js';
import type { SettingsFile } from '../reading/settings-file.js';
import { deferredSettings } from './deferred-settings.js';
import type { ReloadLog } from './reload-log.js';

/** A settings file that cannot be used may become usable through other files that it refers to. */
const RETRY_MS = 5_000;

interface SettingsFileReloadSetup {
  readonly settingsFile: SettingsFile;
  readonly clock: Clock;
  readonly log: ReloadLog;
  readonly onChange: (next: LiveSettings, file: string) => Promise<readonly string[]>;
  /** The file's settings are in force. */
  readonly onAdopted: (tree: Tree) => void;
}

/** Reads the settings file again. */
export class SettingsFileReload {
  readonly #setup: SettingsFileReloadSetup;
  /** Content at the last check: an editor may still be writing while it differs from check to check. */
  #text: string | undefined;
  /** Content when it was read last. */
  #readText: string | undefined;
  #retryAt = Number.POSITIVE_INFINITY;
  #isClosed = false;

  constructor(setup: SettingsFileReloadSetup) {
    this.#setup = setup;
    this.#readText = setup.settingsFile.text;
    this.#text = this.text();
  }

  /** Nothing that is still being read takes effect. */
  close(): void {
    this.#isClosed = true;
  }

  /** undefined = the file cannot be read. */
  text(): string | undefined {
    try {
      return readSettingsText(this.#setup.settingsFile.file);
    } catch {
      return undefined;
    }
  }

  /** To be called at intervals: whether a text, complete by now, is to be read. */
  isDue(text: string | undefined): boolean {
    const isComplete = text === this.#text;
    this.#text = text;
    return isComplete && (text !== this.#readText || this.#setup.clock.now() >= this.#retryAt);
  }

  /** Never rejects. */
  async read(text: string | undefined, isAsked: boolean): Promise<ReloadResult> {
    const { settingsFile, log, clock } = this.#setup;
    const { file } = settingsFile;
    const source = { file, subject: `${file} is`, consequence: 'what was in force stays' };
    this.#readText = text;
    this.#retryAt = Number.POSITIVE_INFINITY;
    try {
      const { settings, live, tree } = await settingsFile.read(text ?? readSettingsText(file));
      if (this.#isClosed) return NOTHING_RELOADED;
      const changed = await this.#setup.onChange(live, file);
      this.#setup.onAdopted(tree);
      if (changed.length > 0) log.inForce(`${changed.join(', ')} read again from ${file}`);
      log.usable(source);
      const needsRestart = deferredSettings(settingsFile.settings, settings);
      log.deferred(needsRestart, file);
      return { changed: changed.map((setting) => ({ setting, file })), needsRestart, problems: [] };
    } catch (error) {
      // The same content would be refused again.
      const isFinal = error instanceof MillraceError && error.code === 'failed_precondition';
      if (!isFinal) this.#retryAt = clock.now() + RETRY_MS;
      return { ...NOTHING_RELOADED, problems: [log.unusable(source, error as Error, isAsked)] };
    }
  }
}
