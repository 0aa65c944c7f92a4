import { type Finding, isLoopback } from '../core/index.js';
import { checkTimes } from './checks/certificates.js';
import { checkSkew } from './checks/clock.js';
import { command, type Diagnosis } from './diagnosis.js';
import { toFindings } from './examine.js';
import type { CertificateInChain } from './facts.js';

/** What a client sees of a server. Times are milliseconds since the Unix epoch, by the client's clock but for the server's own. */
export interface SeenServer {
  readonly url: URL;
  readonly askedAtMs: number;
  readonly answeredAtMs: number;
  /** By its header `Date`; undefined = it has none. */
  readonly serverTimeMs: number | undefined;
  readonly serverVersion: string;
  /** Of this millrace. */
  readonly clientVersion: string;
  readonly hasKey: boolean;
  /** What it shows of its certificate; empty without TLS. */
  readonly chain: readonly CertificateInChain[];
}

/** `Date` is in whole seconds, and a server need not read its clock for each of them. */
const DATE_RESOLUTION_MS = 1_000;

/** What a client finds of a server that it has asked. */
export function examineFromOutside(seen: SeenServer): readonly Finding[] {
  return toFindings([...checkTime(seen), ...checkWay(seen), ...checkVersion(seen), ...checkServed(seen)], () => '');
}

function checkTime({ askedAtMs, answeredAtMs, serverTimeMs }: SeenServer): readonly Diagnosis[] {
  if (serverTimeMs === undefined) return [];
  const halfWayMs = (answeredAtMs - askedAtMs) / 2;
  const skewMs = serverTimeMs + DATE_RESOLUTION_MS / 2 - (askedAtMs + halfWayMs);
  return checkSkew(skewMs, halfWayMs + DATE_RESOLUTION_MS);
}

function checkWay({ url, hasKey }: SeenServer): readonly Diagnosis[] {
  if (url.protocol === 'https:' || !hasKey || isLoopback(url.hostname)) return [];
  const what = `the key has crossed the network to ${url.host} in the clear`;
  const fix = command(`millrace doctor --url https://${url.host}`);
  return [{ id: 'key-in-the-clear', level: 'warning', what, where: url.origin, fix }];
}

function checkVersion({ url, serverVersion, clientVersion }: SeenServer): readonly Diagnosis[] {
  if (serverVersion === clientVersion) return [];
  const what = `the server is millrace ${serverVersion}, this is ${clientVersion}: it may not know what the other does`;
  const fix = command(`npm install millrace@${serverVersion}`);
  return [{ id: 'version-differs', level: 'note', what, where: url.origin, fix }];
}

function checkServed({ url, chain, answeredAtMs }: SeenServer): readonly Diagnosis[] {
  const at = `${url.hostname}:${url.port || '443'}`;
  return checkTimes(chain, answeredAtMs, {
    where: url.origin,
    shownBy: at,
    fix: `openssl s_client -connect ${at} -showcerts </dev/null | openssl x509 -noout -subject -dates`,
  });
}
