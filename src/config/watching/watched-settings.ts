import { type Clock, type EventBus, MillraceError, type Timer } from '../../core/index.js';
import {
  type ChangedSetting,
  joinReloads,
  type LiveSettings,
  NOTHING_RELOADED,
  type ReloadProblem,
  type ReloadResult,
} from '../../service/index.js';
import { readSettingsText } from '../file.js';
import { type KeyFiles, keyFilesOf } from '../key-files.js';
import { type SettingsFile, settingsFileOf } from '../reading/settings-file.js';
import type { Settings } from '../schema.js';
import { deferredSettings } from './deferred-settings.js';

/** What runs for a key that is revoked has a second to end. */
const CHECK_INTERVAL_MS = 500;
/** A settings file that cannot be used may become usable by what it refers to. */
const RETRY_MS = 5_000;

export interface WatchedSettingsSetup {
  readonly clock: Clock;
  readonly events: EventBus;
  /** Puts settings in force, all or none. Resolves with the paths of those that differ; rejects where all stay as they were. */
  readonly onChange: (next: Partial<LiveSettings>, file: string) => Promise<readonly string[]>;
}

interface Asked {
  /** An administrator asks: a problem is reported again that has been reported before. */
  readonly isAsked: boolean;
}

/** Something that is read, and the words for the log when it cannot be used. */
interface Source {
  readonly file: string | undefined;
  readonly subject: string;
  readonly consequence: string;
}

const KEY_FILES: Source = {
  file: undefined,
  subject: 'the files of auth.keys are',
  consequence: 'the old keys stay',
};

/**
 * The settings file and the files of `auth.keys`. They are checked twice a second from {@link watch} on, and read when they have changed or
 * when {@link reload} asks. A file that cannot be used changes nothing, and is reported once.
 */
export class WatchedSettings {
  readonly #setup: WatchedSettingsSetup;
  readonly #keyFiles: KeyFiles;
  readonly #file: SettingsFile | undefined;
  /** Content of the key files when they were read last. What has changed since the settings were read counts as well. */
  #readKeyFiles = '';
  /** Content of the settings file: a change may be half written as long as it goes on. */
  #text: string | undefined;
  /** Its content when it was read last. */
  #readText: string | undefined;
  #retryAt = Number.POSITIVE_INFINITY;
  #isReading = false;
  #last: Promise<unknown> = Promise.resolve();
  #isClosed = false;
  #deferred = '';
  /** By the subject. */
  readonly #problems = new Map<string, string>();
  #timer: Timer | undefined;

  constructor(settings: Settings, setup: WatchedSettingsSetup) {
    this.#setup = setup;
    this.#keyFiles = keyFilesOf(settings.auth);
    this.#file = settingsFileOf(settings);
    this.#readText = this.#file?.text;
    this.#text = this.#lookAtFile();
  }

  watch(): void {
    if (this.#file !== undefined || this.#keyFiles.look() !== '') this.#wait();
  }

  close(): void {
    this.#isClosed = true;
    this.#timer?.clear();
  }

  /** Reads the files now. Never rejects. */
  reload(): Promise<ReloadResult> {
    return this.#alone(async () => {
      const file = this.#file && (await this.#readFile(this.#file, this.#lookAtFile(), { isAsked: true }));
      if (file?.problems.length === 0) return file;
      // They may be usable where the settings file is not.
      return joinReloads([file ?? NOTHING_RELOADED, await this.#readKeys(this.#keyFiles.look(), { isAsked: true })]);
    });
  }

  #wait(): void {
    if (!this.#isClosed) this.#timer = this.#setup.clock.setTimer(CHECK_INTERVAL_MS, () => this.#check());
  }

  #check(): void {
    this.#wait();
    // It will be looked at again with what comes of that.
    if (this.#isReading) return;
    const asked = { isAsked: false };
    const found = this.#keyFiles.look();
    if (found !== this.#readKeyFiles) void this.#alone(() => this.#readKeys(found, asked));
    const file = this.#file;
    if (file === undefined) return;
    const before = this.#text;
    this.#text = this.#lookAtFile();
    const isNew = this.#text !== this.#readText || this.#setup.clock.now() >= this.#retryAt;
    if (isNew && this.#text === before) void this.#alone(() => this.#readFile(file, this.#text, asked));
  }

  /** One read at a time. */
  #alone(read: () => Promise<ReloadResult>): Promise<ReloadResult> {
    this.#isReading = true;
    const result: Promise<ReloadResult> = this.#last.then(read).finally(() => {
      if (this.#last === result) this.#isReading = false;
    });
    this.#last = result;
    return result;
  }

  #lookAtFile(): string | undefined {
    try {
      return this.#file && readSettingsText(this.#file.file);
    } catch {
      return undefined;
    }
  }

  async #readKeys(found: string, asked: Asked): Promise<ReloadResult> {
    try {
      const keys = this.#keyFiles.reread();
      this.#readKeyFiles = found;
      const changed = await this.#takeEffect({ keys }, this.#file?.file);
      this.#isUsable(KEY_FILES);
      if (changed.length > 0) this.#inForce('keys read again from their files');
      return { ...NOTHING_RELOADED, changed };
    } catch (error) {
      return { ...NOTHING_RELOADED, problems: [this.#isUnusable(KEY_FILES, error as Error, asked)] };
    }
  }

  async #readFile(settingsFile: SettingsFile, text: string | undefined, asked: Asked): Promise<ReloadResult> {
    const { file } = settingsFile;
    const source = { file, subject: `${file} is`, consequence: 'what was in force stays' };
    this.#readText = text;
    this.#retryAt = Number.POSITIVE_INFINITY;
    try {
      const { settings, live, tree } = await settingsFile.read(text ?? readSettingsText(file));
      if (this.#isClosed) return NOTHING_RELOADED;
      const changed = await this.#takeEffect(live, file);
      this.#keyFiles.adopt(tree);
      this.#isUsable(KEY_FILES);
      if (changed.length > 0)
        this.#inForce(`${changed.map(({ setting }) => setting).join(', ')} read again from ${file}`);
      this.#isUsable(source);
      const needsRestart = deferredSettings(settingsFile.settings, settings);
      this.#nameDeferred(needsRestart, file);
      return { changed, needsRestart, problems: [] };
    } catch (error) {
      // A file that is refused for its content is not asked for again.
      const isFinal = error instanceof MillraceError && error.code === 'failed_precondition';
      if (!isFinal) this.#retryAt = this.#setup.clock.now() + RETRY_MS;
      return { ...NOTHING_RELOADED, problems: [this.#isUnusable(source, error as Error, asked)] };
    }
  }

  async #takeEffect(next: Partial<LiveSettings>, file: string | undefined): Promise<readonly ChangedSetting[]> {
    const settings = await this.#setup.onChange(next, file ?? '');
    return settings.map((setting) => ({ setting, file }));
  }

  #nameDeferred(settings: readonly string[], file: string): void {
    const deferred = settings.join(', ');
    if (deferred === this.#deferred) return;
    this.#deferred = deferred;
    if (deferred !== '') this.#report('warn', `${file} has changed: ${deferred} will take effect at the next start`);
  }

  #inForce(message: string): void {
    this.#setup.events.publish('authReread', { isInForce: true, atMs: this.#setup.clock.wallNow() });
    this.#report('info', message);
  }

  #isUsable({ subject }: Source): void {
    if (!this.#problems.delete(subject)) return;
    this.#inForce(`${subject} usable again`);
  }

  #isUnusable({ file, subject, consequence }: Source, error: Error, { isAsked }: Asked): ReloadProblem {
    const message = `${subject} not usable, ${consequence}: ${error.message}`;
    const isNew = this.#problems.get(subject) !== message;
    this.#problems.set(subject, message);
    if (isNew) this.#setup.events.publish('authReread', { isInForce: false, atMs: this.#setup.clock.wallNow() });
    if (isNew || isAsked) this.#report('warn', message);
    return { file, message };
  }

  #report(level: 'info' | 'warn', message: string): void {
    this.#setup.events.publish('diagnostic', { level, room: 'app', message });
  }
}
