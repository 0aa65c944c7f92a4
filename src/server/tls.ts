import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import { type Clock, type EventBus, MillraceError, messageOf } from '../core/index.js';
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

/** The certificate on disk and what becomes of it. */
export interface TlsFiles {
  /** The pair as it was read and checked when this was made. */
  readonly pair: TlsPair;
  /**
   * Calls `onChange` with each later pair that is valid; the returned function ends that. Checks every 5 s: certificates are
   * renamed and re-linked into place in more ways than file events tell of. An invalid pair is reported and left alone.
   */
  watch(onChange: (pair: TlsPair) => void): () => void;
}

/**
 * The files of `tls` in the options; undefined where there is to be no TLS. Throws `failed_precondition` naming the file
 * that cannot be read, or saying what does not fit.
 */
export function openTlsFiles(
  options: ServerOptions['tls'],
  { clock, events }: { readonly clock: Clock; readonly events: EventBus },
): TlsFiles | undefined {
  const { certFile, keyFile, clientCaFile } = options;
  const report = (level: 'info' | 'warn', message: string) =>
    events.publish('diagnostic', { level, room: 'server', message });
  if (certFile === '' && keyFile === '') return undefined;
  if (certFile === '' || keyFile === '') {
    throw new MillraceError('failed_precondition', 'TLS needs both `server.tls.certFile` and `server.tls.keyFile`');
  }
  const pair: TlsPair = {
    cert: readPem('certFile', certFile),
    key: readPem('keyFile', keyFile),
    ...(clientCaFile !== '' && { ca: readPem('clientCaFile', clientCaFile) }),
  };
  checkPair(pair);
  const notAfterMs = expiryOf(pair);
  const isExpired = (expiryMs: number) => expiryMs < clock.wallNow();
  const expired = (expiryMs: number) => `expired on ${new Date(expiryMs).toISOString()}`;
  if (isExpired(notAfterMs))
    report('warn', `the TLS certificate ${certFile} ${expired(notAfterMs)}: clients refuse it`);
  events.publish('tlsCertificateLoaded', { notAfterMs });
  let seen: TlsPair = pair;
  const readChanged = async (): Promise<TlsPair | undefined> => {
    const [cert, key, ca] = await Promise.all([
      readFile(certFile),
      readFile(keyFile),
      clientCaFile === '' ? undefined : readFile(clientCaFile),
    ]);
    const isSame = seen.cert.equals(cert) && seen.key.equals(key) && (ca === undefined || seen.ca?.equals(ca) === true);
    if (isSame) return undefined;
    seen = { cert, key, ...(ca && { ca }) };
    checkPair(seen);
    const expiryMs = expiryOf(seen);
    if (isExpired(expiryMs)) throw new MillraceError('failed_precondition', `it ${expired(expiryMs)}`);
    return seen;
  };

  return {
    pair,
    watch(onChange) {
      let stopped = false;
      const check = async () => {
        try {
          const changed = await readChanged();
          if (stopped) return;
          if (changed !== undefined) {
            onChange(changed);
            events.publish('tlsCertificateLoaded', { notAfterMs: expiryOf(changed) });
            report('info', `TLS certificate read again from ${certFile}`);
          }
        } catch (error) {
          report('warn', `the new TLS certificate is not usable, the old one stays: ${messageOf(error)}`);
        }
        if (!stopped) timer = clock.setTimer(CHECK_INTERVAL_MS, () => void check());
      };
      let timer = clock.setTimer(CHECK_INTERVAL_MS, () => void check());
      return () => {
        stopped = true;
        timer.clear();
      };
    },
  };
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
