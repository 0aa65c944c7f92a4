import type { ReleasedBytes } from '../store/index.js';
import { noRoom, shareFull } from './errors.js';
import type { FilesOptions } from './options.js';

interface Account {
  files: number;
  bytes: number;
  arriving: number;
}

type Limits = Pick<
  FilesOptions,
  'maxBytes' | 'maxBytesPerPrincipal' | 'maxPerPrincipal' | 'maxUploadsAtOnce' | 'maxUploadsAtOncePerPrincipal'
>;

/** Files and bytes that each owner has stored, or that arrive, and how many more it may store. */
export class FileLedger {
  readonly #limits: Limits;
  readonly #accounts = new Map<string, Account>();
  #bytes = 0;
  #files = 0;
  #arriving = 0;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  /** Of all owners. */
  get bytes(): number {
    return this.#bytes;
  }

  get files(): number {
    return this.#files;
  }

  load(totals: readonly ReleasedBytes[]): void {
    for (const { owner, files, bytes } of totals) this.#change(owner, { files, bytes });
  }

  /** Takes a place among those that arrive. Throws where there is none. */
  begin(owner: string): void {
    const { maxUploadsAtOnce, maxUploadsAtOncePerPrincipal } = this.#limits;
    const own = this.#accounts.get(owner)?.arriving ?? 0;
    if (own >= maxUploadsAtOncePerPrincipal) {
      throw noRoom(`${own} others of the caller arrive (files.maxUploadsAtOncePerPrincipal)`);
    }
    if (this.#arriving >= maxUploadsAtOnce) throw noRoom(`${this.#arriving} others arrive (files.maxUploadsAtOnce)`);
    this.#change(owner, { arriving: 1 });
  }

  end(owner: string): void {
    this.#change(owner, { arriving: -1 });
  }

  /** Takes room for bytes that are about to be written. Throws where there is none. */
  takeBytes(owner: string, bytes: number): void {
    const { maxBytesPerPrincipal, maxBytes } = this.#limits;
    const held = this.#accounts.get(owner)?.bytes ?? 0;
    if (held + bytes > maxBytesPerPrincipal) {
      throw shareFull(
        `the files of the caller hold ${held} of ${maxBytesPerPrincipal} bytes (files.maxBytesPerPrincipal)`,
      );
    }
    if (this.#bytes + bytes > maxBytes)
      throw noRoom(`all files hold ${this.#bytes} of ${maxBytes} bytes (files.maxBytes)`);
    this.#change(owner, { bytes });
  }

  /** Throws where the owner may have no further file. */
  checkFile(owner: string): void {
    const files = this.#accounts.get(owner)?.files ?? 0;
    if (files < this.#limits.maxPerPrincipal) return;
    throw shareFull(`the caller has ${files} files (files.maxPerPrincipal)`);
  }

  addFile(owner: string): void {
    this.#change(owner, { files: 1 });
  }

  release({ owner, files, bytes }: ReleasedBytes): void {
    this.#change(owner, { files: -files, bytes: -bytes });
  }

  #change(owner: string, { files = 0, bytes = 0, arriving = 0 }: Partial<Account>): void {
    const account = this.#accounts.get(owner) ?? { files: 0, bytes: 0, arriving: 0 };
    account.files += files;
    account.bytes += bytes;
    account.arriving += arriving;
    this.#files += files;
    this.#bytes += bytes;
    this.#arriving += arriving;
    if (account.files <= 0 && account.bytes <= 0 && account.arriving <= 0) this.#accounts.delete(owner);
    else this.#accounts.set(owner, account);
  }
}
