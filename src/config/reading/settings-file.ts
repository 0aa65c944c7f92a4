import { startThread } from '../../async/index.js';
import { invalidArgument, MillraceError } from '../../core/index.js';
import type { LiveSettings } from '../../service/index.js';
import type { Tree } from '../layer.js';
import type { Settings } from '../schema.js';
import type { SettingsSources } from '../sources.js';

/** The file that settings came from. */
export interface SettingsFile {
  readonly file: string;
  /** As they were made of it, and of what is above it. */
  readonly settings: Settings;
  /** What was in it. */
  readonly text: string;
  readonly tree: Tree;
  /** Reads another text as if it were in the file. Rejects with `invalid_argument`, which names everything that is wrong with it. */
  read(text: string): Promise<ReadSettings>;
}

/** Settings that were read in a thread. */
interface ReadSettings {
  readonly settings: Settings;
  /** Those that change while the server runs, with the places where they are written. */
  readonly live: LiveSettings;
  /** The file as it is written. */
  readonly tree: Tree;
}

/** What the thread says. */
export type Reading = { readonly read: ReadSettings } | { readonly problem: string };

const ENTRY = new URL('./thread-main.js', import.meta.url).href;

/** By a part that copies of the settings share. */
const files = new WeakMap<Settings['auth'], SettingsFile>();

/** For {@link settingsFileOf}. */
export function noteSettingsFile(file: SettingsFile): void {
  files.set(file.settings.auth, file);
}

/** Where settings came from; undefined = from no file. */
export function settingsFileOf(settings: Settings): SettingsFile | undefined {
  return files.get(settings.auth);
}

/** Reads settings in a thread that ends afterwards: a file of some thousand lines would hold up the event loop. */
export function readInThread(sources: SettingsSources): Promise<ReadSettings> {
  return new Promise((resolve, reject) => {
    const thread = startThread(ENTRY, { name: 'millrace-settings', data: sources });
    thread.once('message', (reading: Reading) => {
      if ('problem' in reading) reject(invalidArgument(reading.problem));
      else resolve(reading.read);
    });
    thread.once('error', reject);
    thread.once('exit', () => reject(new MillraceError('unavailable', 'the thread that reads settings has ended')));
  });
}
