import { type LiveSettings, NOTHING_RELOADED, type ReloadResult } from '../../service/index.js';
import type { KeyFiles } from '../key-files.js';
import type { Tree } from '../layer.js';
import type { ReloadLog, ReloadSource } from './reload-log.js';

const SOURCE: ReloadSource = {
  file: undefined,
  subject: 'the files of auth.keys are',
  consequence: 'the old keys stay',
};

interface KeyFilesReloadSetup {
  readonly keyFiles: KeyFiles;
  /** undefined = there is none. */
  readonly settingsFile: string | undefined;
  readonly log: ReloadLog;
  readonly onChange: (next: Pick<LiveSettings, 'keys'>, file: string) => Promise<readonly string[]>;
}

/** Reads the files of `auth.keys` again. */
export class KeyFilesReload {
  readonly #setup: KeyFilesReloadSetup;
  /** Content of the files when they were read last. A change since the settings were read counts as well. */
  #readContent = '';

  constructor(setup: KeyFilesReloadSetup) {
    this.#setup = setup;
  }

  /** '' where there are no files. */
  content(): string {
    return this.#setup.keyFiles.look();
  }

  isNew(content: string): boolean {
    return content !== this.#readContent;
  }

  /** Never rejects. */
  async read(content: string, isAsked: boolean): Promise<ReloadResult> {
    const { keyFiles, settingsFile, log, onChange } = this.#setup;
    try {
      const keys = keyFiles.reread();
      this.#readContent = content;
      const settings = await onChange({ keys }, settingsFile ?? '');
      log.usable(SOURCE);
      if (settings.length > 0) log.inForce('keys read again from their files');
      return { ...NOTHING_RELOADED, changed: settings.map((setting) => ({ setting, file: settingsFile })) };
    } catch (error) {
      return { ...NOTHING_RELOADED, problems: [log.unusable(SOURCE, error as Error, isAsked)] };
    }
  }

  /** The settings file, which may name other files now, was read with its keys. */
  adopt(tree: Tree): void {
    this.#setup.keyFiles.adopt(tree);
    this.#setup.log.usable(SOURCE);
  }
}
