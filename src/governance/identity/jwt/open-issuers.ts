import type { Clock, EventBus } from '../../../core/index.js';
import type { AccessPolicy } from '../../access/policy.js';
import type { TokenSource } from '../token-source.js';
import { createFetchJson, type FetchJson } from './fetch-json.js';
import { Issuer } from './issuer.js';
import { IssuerKeys } from './issuer-keys.js';
import { JwtSource } from './jwt-source.js';
import type { IssuerOptions } from './options.js';

export interface IssuersSetup {
  readonly policy: AccessPolicy;
  readonly clock: Clock;
  readonly events: EventBus;
  /** Default: over HTTP(S). */
  readonly fetchJson?: FetchJson;
}

/** Those who issue tokens, and what recognises these. */
export interface Issuers {
  readonly source: TokenSource;
  /** Reads the keys of all of them, without waiting for any; else each is asked when its first token comes. */
  start(): void;
  /** Asks nobody any more. */
  close(): void;
}

/** Makes what recognises tokens of the issuers. undefined = there are none, and nothing is loaded. */
export async function openIssuers(
  options: readonly IssuerOptions[],
  setup: IssuersSetup,
): Promise<Issuers | undefined> {
  if (options.length === 0) return undefined;
  const { clock, events, policy, fetchJson = createFetchJson(clock) } = setup;
  const { jwtVerify: verify } = await import('jose');
  const keys: IssuerKeys[] = [];
  const issuers = new Map<string, Issuer>();
  for (const each of options) {
    const keysOfIt = new IssuerKeys(each, { clock, events, fetchJson });
    keys.push(keysOfIt);
    issuers.set(each.issuer, new Issuer(each, { clock, keys: keysOfIt, verify }));
  }
  return {
    source: new JwtSource({ issuers, policy, clock }),
    start() {
      for (const each of keys) void each.start();
    },
    close() {
      for (const each of keys) each.close();
    },
  };
}
