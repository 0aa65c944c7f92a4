import { isDeepStrictEqual } from 'node:util';
import { type Clock, type EventBus, MillraceError, type Timer } from '../core/index.js';
import type { Access } from '../governance/index.js';
import { formatPath } from '../text/index.js';
import { accessOf } from './access.js';
import { readSettingsText } from './file.js';
import { type KeyFiles, keyFilesOf } from './key-files.js';
import { valueAt } from './layer.js';
import { type SettingsFile, settingsFileOf } from './reading/settings-file.js';
import { type Settings, SettingsSchema } from './schema.js';
import { settingKeys } from './shape.js';

type Keys = Settings['auth']['keys'];

/** What runs for a key that is taken away has a second to end. */
const CHECK_INTERVAL_MS = 500;
/** A settings file that cannot be used may become usable by what it refers to. */
const RETRY_MS = 5_000;

export interface AuthWatchSetup {
  readonly clock: Clock;
  readonly events: EventBus;
  readonly onKeys: (keys: Keys) => void;
  /** Puts roles and bindings in force. Gives whether they say anything else; rejects where they are to stay as they were. */
  readonly onAccess: (access: Access, file: string) => Promise<boolean>;
}

/**
 * Follows the files of `auth` by looking at them twice a second: what is in a file of a key, roles and bindings of the settings file, and
 * keys that are written there. Other settings that change in it are named in the log. What cannot be used is reported once and changes nothing.
 * The returned function ends it.
 */
export function watchAuth(settings: Settings, setup: AuthWatchSetup): () => void {
  const watch = new AuthWatch(settings, setup);
  return () => watch.close();
}

class AuthWatch {
  readonly #settings: Settings;
  readonly #setup: AuthWatchSetup;
  readonly #keyFiles: KeyFiles;
  readonly #file: SettingsFile | undefined;
  /** What the files of keys had when they were read last. What has changed since the settings were read counts as well. */
  #readKeyFiles = '';
  /** What the settings file has: a change may be half written as long as it goes on. */
  #text: string | undefined;
  /** What it had when it was read last. */
  #readText: string | undefined;
  #retryAt = Number.POSITIVE_INFINITY;
  #isReading = false;
  #isClosed = false;
  #keys: Keys;
  #access: Access;
  #deferred = '';
  /** What is wrong, by the file. */
  readonly #problems = new Map<string, string>();
  #timer: Timer | undefined;

  constructor(settings: Settings, setup: AuthWatchSetup) {
    this.#settings = settings;
    this.#setup = setup;
    this.#keyFiles = keyFilesOf(settings.auth);
    this.#file = settingsFileOf(settings);
    this.#readText = this.#file?.text;
    this.#text = this.#lookAtFile();
    this.#keys = settings.auth.keys;
    this.#access = accessOf(settings.auth);
    if (this.#file !== undefined || this.#keyFiles.look() !== '') this.#wait();
  }

  close(): void {
    this.#isClosed = true;
    this.#timer?.clear();
  }

  #wait(): void {
    if (!this.#isClosed) this.#timer = this.#setup.clock.setTimer(CHECK_INTERVAL_MS, () => this.#check());
  }

  #check(): void {
    this.#wait();
    // It will be looked at again with what comes of that.
    if (this.#isReading) return;
    const found = this.#keyFiles.look();
    if (found !== this.#readKeyFiles) this.#readKeys(found);
    if (this.#file === undefined) return;
    const before = this.#text;
    this.#text = this.#lookAtFile();
    const isNew = this.#text !== this.#readText || this.#setup.clock.now() >= this.#retryAt;
    if (isNew && this.#text === before) void this.#readFile(this.#file, this.#text);
  }

  #lookAtFile(): string | undefined {
    try {
      return this.#file && readSettingsText(this.#file.file);
    } catch {
      return undefined;
    }
  }

  #readKeys(found: string): void {
    const subject = 'the files of auth.keys are';
    try {
      const keys = this.#keyFiles.reread();
      this.#readKeyFiles = found;
      this.#isUsable(subject);
      this.#takeKeys(keys);
    } catch (error) {
      this.#isUnusable(subject, 'the old keys stay', error as Error);
    }
  }

  async #readFile(settingsFile: SettingsFile, text: string | undefined): Promise<void> {
    const { file } = settingsFile;
    const subject = `${file} is`;
    this.#isReading = true;
    this.#readText = text;
    this.#retryAt = Number.POSITIVE_INFINITY;
    try {
      const { access, keys, tree, rest } = await settingsFile.read(text ?? readSettingsText(file));
      if (this.#isClosed) return;
      await this.#takeAccess(access, file);
      this.#keyFiles.adopt(tree);
      this.#takeKeys(keys);
      this.#isUsable(subject);
      this.#nameDeferred(rest, file);
    } catch (error) {
      this.#isUnusable(subject, 'what was in force stays', error as Error);
      // What is refused for what it says is not asked for again.
      const isFinal = error instanceof MillraceError && error.code === 'failed_precondition';
      if (!isFinal) this.#retryAt = this.#setup.clock.now() + RETRY_MS;
    } finally {
      this.#isReading = false;
    }
  }

  async #takeAccess(access: Access, file: string): Promise<void> {
    if (isDeepStrictEqual(access, this.#access)) return;
    const isNew = await this.#setup.onAccess(access, file);
    this.#access = access;
    if (isNew) this.#inForce(`roles and bindings read again from ${file}`);
  }

  /** Which keys there are, and what they may do, is read at the start only. */
  #takeKeys(found: Keys): void {
    const keys = this.#keys.map((each) => ({
      ...each,
      key: found.find(({ name }) => name === each.name)?.key ?? each.key,
    }));
    if (isDeepStrictEqual(keys, this.#keys)) return;
    this.#keys = keys;
    this.#setup.onKeys(keys);
    this.#inForce('keys read again from their files');
  }

  #nameDeferred(rest: Settings, file: string): void {
    const deferred = changedSettings(this.#settings, rest).join(', ');
    if (deferred === this.#deferred) return;
    this.#deferred = deferred;
    if (deferred !== '') this.#report('warn', `${file} has changed: ${deferred} will take effect at the next start`);
  }

  #inForce(message: string): void {
    this.#setup.events.publish('authReread', { isInForce: true, atMs: this.#setup.clock.wallNow() });
    this.#report('info', message);
  }

  #isUsable(subject: string): void {
    if (!this.#problems.delete(subject)) return;
    this.#inForce(`${subject} usable again`);
  }

  #isUnusable(subject: string, consequence: string, { message }: Error): void {
    if (this.#problems.get(subject) === message) return;
    this.#problems.set(subject, message);
    this.#setup.events.publish('authReread', { isInForce: false, atMs: this.#setup.clock.wallNow() });
    this.#report('warn', `${subject} not usable, ${consequence}: ${message}`);
  }

  #report(level: 'info' | 'warn', message: string): void {
    this.#setup.events.publish('diagnostic', { level, room: 'app', message });
  }
}

/** Settings that differ, but for what is read again while the server runs. */
function changedSettings(before: Settings, after: Settings): readonly string[] {
  const without = (keys: Keys) => keys.map(({ key: _, ...rest }) => rest);
  return settingKeys(SettingsSchema).flatMap(({ path }) => {
    const name = formatPath(path);
    if (name === 'auth.roles' || name === 'auth.bindings') return [];
    const isSame =
      name === 'auth.keys'
        ? isDeepStrictEqual(without(before.auth.keys), without(after.auth.keys))
        : isDeepStrictEqual(valueAt(before, path), valueAt(after, path));
    return isSame ? [] : [name];
  });
}
