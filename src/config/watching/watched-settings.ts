import { SerialQueue } from '../../async/index.js';
import type { Clock, EventBus, Timer } from '../../core/index.js';
import { joinReloads, type LiveSettings, NOTHING_RELOADED, type ReloadResult } from '../../service/index.js';
import { keyFilesOf } from '../key-files.js';
import { settingsFileOf } from '../reading/settings-file.js';
import type { Settings } from '../schema.js';
import { KeyFilesReload } from './key-files-reload.js';
import { ReloadLog } from './reload-log.js';
import { SettingsFileReload } from './settings-file-reload.js';

/** Requests of a revoked key have a second to end. */
const CHECK_INTERVAL_MS = 500;

export interface WatchedSettingsSetup {
  readonly clock: Clock;
  readonly events: EventBus;
  /** Puts settings in force, all or none. Resolves with the paths of the changed ones; rejects where all stay as they were. */
  readonly onChange: (next: Partial<LiveSettings>, file: string) => Promise<readonly string[]>;
}

/**
 * The settings file and the files of `auth.keys`. They are checked twice a second from {@link watch} on, and read when they have changed or
 * when {@link reload} asks. A file that cannot be used changes nothing, and is reported once.
 */
export class WatchedSettings {
  readonly #clock: Clock;
  readonly #keys: KeyFilesReload;
  readonly #file: SettingsFileReload | undefined;
  /** One read at a time. */
  readonly #reads = new SerialQueue();
  #timer: Timer | undefined;
  #isClosed = false;

  constructor(settings: Settings, setup: WatchedSettingsSetup) {
    const { clock, onChange } = setup;
    const log = new ReloadLog(setup);
    const settingsFile = settingsFileOf(settings);
    const keys = new KeyFilesReload({
      keyFiles: keyFilesOf(settings.auth),
      settingsFile: settingsFile?.file,
      log,
      onChange,
    });
    this.#clock = clock;
    this.#keys = keys;
    this.#file =
      settingsFile &&
      new SettingsFileReload({ settingsFile, clock, log, onChange, onAdopted: (tree) => keys.adopt(tree) });
  }

  watch(): void {
    if (this.#file !== undefined || this.#keys.content() !== '') this.#wait();
  }

  close(): void {
    this.#isClosed = true;
    this.#file?.close();
    this.#timer?.clear();
  }

  /** Reads the files now. Never rejects. */
  reload(): Promise<ReloadResult> {
    return this.#reads.run(async () => {
      const file = await this.#file?.read(this.#file.text(), true);
      if (file?.problems.length === 0) return file;
      // The key files may be usable although the settings file is not.
      return joinReloads([file ?? NOTHING_RELOADED, await this.#keys.read(this.#keys.content(), true)]);
    });
  }

  #wait(): void {
    if (!this.#isClosed) this.#timer = this.#clock.setTimer(CHECK_INTERVAL_MS, () => this.#check());
  }

  #check(): void {
    this.#wait();
    // The next check will see the result.
    if (this.#reads.size > 0) return;
    const keys = this.#keys;
    const content = keys.content();
    if (keys.isNew(content)) void this.#reads.run(() => keys.read(content, false));
    const file = this.#file;
    const text = file?.text();
    if (file?.isDue(text)) void this.#reads.run(() => file.read(text, false));
  }
}
