import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import { type Clock, type EventBus, MillraceError, messageOf, type Timer } from '../core/index.js';
import { type ChangedSetting, NOTHING_RELOADED, type ReloadResult } from '../service/index.js';
import { readAuthorities } from './client-certificates.js';
import type { ServerOptions } from './options.js';

const CHECK_INTERVAL_MS = 5_000;

/** A certificate chain and its private key, PEM. */
export interface TlsPair {
  readonly cert: Buffer;
  readonly key: Buffer;
  /** What certificates of clients must follow from; only where they are asked for one. */
  readonly ca?: Buffer;
}

/** How the files are read. */
export interface TlsCheck {
  /** An administrator asks: a problem is reported again that has been reported before. */
  readonly isAsked: boolean;
}

interface TlsFilesSetup {
  readonly clock: Clock;
  readonly events: EventBus;
}

/**
 * The files of `tls` in the options; undefined where there is to be no TLS. Throws `failed_precondition` naming the file
 * that cannot be read, or saying what does not fit.
 */
export function openTlsFiles(options: ServerOptions['tls'], setup: TlsFilesSetup): TlsFiles | undefined {
  const { certFile, keyFile } = options;
  if (certFile === '' && keyFile === '') return undefined;
  if (certFile === '' || keyFile === '') {
    throw new MillraceError('failed_precondition', 'TLS needs both `server.tls.certFile` and `server.tls.keyFile`');
  }
  return new TlsFiles(options, setup);
}

/**
 * The certificate, its key and the authorities on disk. From {@link watch} on they are checked every 5 s: certificates are renamed and
 * re-linked into place in more ways than file events report. An invalid pair is reported and not used.
 */
export class TlsFiles {
  readonly #options: ServerOptions['tls'];
  readonly #setup: TlsFilesSetup;
  /** In force. */
  #pair: TlsPair;
  /** Why what is in the files is not; '' = it is. */
  #problem = '';
  #onChange: ((pair: TlsPair) => void) | undefined;
  #timer: Timer | undefined;
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: ServerOptions['tls'], setup: TlsFilesSetup) {
    const { certFile, keyFile, clientCaFile } = options;
    this.#options = options;
    this.#setup = setup;
    this.#pair = {
      cert: readPem('certFile', certFile),
      key: readPem('keyFile', keyFile),
      ...(clientCaFile !== '' && { ca: readPem('clientCaFile', clientCaFile) }),
    };
    checkPair(this.#pair);
    const expired = this.#expiredOn(this.#pair);
    if (expired !== undefined) this.#report('warn', `the TLS certificate ${certFile} ${expired}: clients refuse it`);
    this.#announce();
  }

  get pair(): TlsPair {
    return this.#pair;
  }

  /** Calls `onChange` with each later pair that is valid; the returned function ends that. */
  watch(onChange: (pair: TlsPair) => void): () => void {
    this.#onChange = onChange;
    this.#wait();
    return () => {
      this.#onChange = undefined;
      this.#timer?.clear();
    };
  }

  /** Reads the files now. Changes nothing unless they are watched. Never rejects. */
  check(check: TlsCheck): Promise<ReloadResult> {
    const result = this.#last.then(() => this.#check(check));
    this.#last = result;
    return result;
  }

  #wait(): void {
    if (this.#onChange === undefined) return;
    this.#timer = this.#setup.clock.setTimer(CHECK_INTERVAL_MS, () => {
      void this.check({ isAsked: false }).then(() => this.#wait());
    });
  }

  async #check({ isAsked }: TlsCheck): Promise<ReloadResult> {
    const { certFile } = this.#options;
    try {
      const pair = await this.#read();
      const changed = this.#differences(pair);
      if (this.#onChange === undefined || changed.length === 0) {
        this.#problem = '';
        return NOTHING_RELOADED;
      }
      checkPair(pair);
      const expired = this.#expiredOn(pair);
      if (expired !== undefined) throw new MillraceError('failed_precondition', `it ${expired}`);
      this.#onChange(pair);
      this.#pair = pair;
      this.#problem = '';
      this.#announce();
      this.#report('info', `TLS certificate read again from ${certFile}`);
      return { ...NOTHING_RELOADED, changed };
    } catch (error) {
      const message = `the new TLS certificate is not usable, the old one stays: ${messageOf(error)}`;
      if (isAsked || message !== this.#problem) this.#report('warn', message);
      this.#problem = message;
      return { ...NOTHING_RELOADED, problems: [{ file: certFile, message }] };
    }
  }

  async #read(): Promise<TlsPair> {
    const { certFile, keyFile, clientCaFile } = this.#options;
    const [cert, key, ca] = await Promise.all([
      readFile(certFile),
      readFile(keyFile),
      clientCaFile === '' ? undefined : readFile(clientCaFile),
    ]);
    return { cert, key, ...(ca && { ca }) };
  }

  #differences({ cert, key, ca }: TlsPair): readonly ChangedSetting[] {
    const { certFile, keyFile, clientCaFile } = this.#options;
    const of = (name: string, file: string) => ({ setting: `server.tls.${name}`, file });
    return [
      ...(cert.equals(this.#pair.cert) ? [] : [of('certFile', certFile)]),
      ...(key.equals(this.#pair.key) ? [] : [of('keyFile', keyFile)]),
      ...(ca === undefined || this.#pair.ca?.equals(ca) === true ? [] : [of('clientCaFile', clientCaFile)]),
    ];
  }

  #expiredOn(pair: TlsPair): string | undefined {
    const expiryMs = expiryOf(pair);
    return expiryMs < this.#setup.clock.wallNow() ? `expired on ${new Date(expiryMs).toISOString()}` : undefined;
  }

  #announce(): void {
    this.#setup.events.publish('tlsCertificateLoaded', { notAfterMs: expiryOf(this.#pair) });
  }

  #report(level: 'info' | 'warn', message: string): void {
    this.#setup.events.publish('diagnostic', { level, room: 'server', message });
  }
}

function readPem(setting: 'certFile' | 'keyFile' | 'clientCaFile', path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new MillraceError('failed_precondition', `cannot read \`server.tls.${setting}\`: ${messageOf(error)}`);
  }
}

function checkPair(pair: TlsPair): void {
  if (pair.ca !== undefined) readAuthorities(pair.ca);
  try {
    createSecureContext(pair);
  } catch (error) {
    throw new MillraceError('failed_precondition', `the TLS certificate and key are not usable: ${messageOf(error)}`);
  }
}

/** When the certificate expires that clients are shown, the first of the chain. */
function expiryOf({ cert }: TlsPair): number {
  return Date.parse(new X509Certificate(cert).validTo);
}
