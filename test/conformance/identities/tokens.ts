import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { emptyFolder, inRoot } from '../harness/paths.js';
import { startServer } from '../harness/server.js';
import type { Tally } from '../harness/tally.js';
import { eventually } from './eventually.js';
import { AUDIENCE, OidcProvider } from './provider.js';

const MAX_STALE_MS = 3_000;
const ROW = { inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 16], data: Array(16).fill(0) }] };

/** Access tokens of a provider that changes its keys, loses a client and goes down, sent to a server that knows it by its address alone. */
export async function checkTokens(tally: Tally): Promise<void> {
  const folder = emptyFolder('identities/tokens');
  const provider = await OidcProvider.start();
  const config = path.join(folder, 'millrace.yaml');
  const issuer = { issuer: provider.issuer, name: 'op', audience: AUDIENCE, groupsClaim: 'roles', clockSkewMs: 0 };
  const bindings = [{ group: 'fraud-team', role: 'caller', models: ['mlp'] }];
  const issuers = [{ ...issuer, refreshMs: 1_000, maxStaleMs: MAX_STALE_MS }];
  // They are tried again and again.
  const maxFailedKeysPerMinute = 0;
  writeFileSync(config, JSON.stringify({ auth: { issuers, bindings, maxFailedKeysPerMinute } }));
  const server = await startServer([inRoot('examples/models'), '--config', config]);
  const ask = async (token?: string) => {
    const response = await fetch(`${server.url}/v2/models/mlp/infer`, {
      method: 'POST',
      headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
      body: JSON.stringify(ROW),
    });
    await response.arrayBuffer();
    return response.status;
  };
  const expect = (what: string, got: number, wanted: number) =>
    tally.check(got === wanted, `${what}: expected ${wanted}, got ${got}; ${server.lastWords()}`);
  try {
    expect('a caller without a token', await ask(), 401);
    const first = await provider.tokenOf('scorer');
    expect('a service with the role', await ask(first), 200);
    expect('the same token again', await ask(first), 200);
    expect('a service without a role', await ask(await provider.tokenOf('stranger')), 404);
    expect('an altered token', await ask(first.replace(/.$/, (last) => (last === 'A' ? 'Q' : 'A'))), 401);
    const idToken = await provider.idToken();
    tally.check(idToken.startsWith('eyJ'), `nobody could log in: ${idToken}`);
    expect('an ID token of the client with the name of the audience', await ask(idToken), 401);

    for (const alg of ['ES256', 'EdDSA', 'RS256'] as const) {
      provider.addKey(`next-${alg}`, alg);
      const token = await provider.tokenOf('scorer');
      expect(`a token of a new key (${alg})`, await eventually(() => ask(token), 200), 200);
    }
    const before = await provider.tokenOf('scorer');
    expect('a token before its key is withdrawn', await ask(before), 200);
    provider.addKey('last', 'RS256');
    provider.dropOldKeys('RS256');
    expect('a known token whose key was withdrawn', await eventually(() => ask(before), 401), 401);

    const last = await provider.tokenOf('scorer');
    expect('a token of the last key', await eventually(() => ask(last), 200), 200);
    provider.removeClient('scorer');
    const refusal = await provider.tokenOf('scorer');
    tally.check(refusal === 'error: invalid_client', `a client that was removed got '${refusal}'`);
    expect('its token until it expires, and no longer', await eventually(() => ask(last), 401), 401);

    await checkOutage(provider, { ask, expect });
  } finally {
    tally.check((await server.stop()) === 0, `the server did not end well: ${server.lastWords()}`);
    await provider.goDown();
  }
}

interface Asking {
  readonly ask: (token?: string) => Promise<number>;
  readonly expect: (what: string, got: number, wanted: number) => void;
}

async function checkOutage(provider: OidcProvider, { ask, expect }: Asking): Promise<void> {
  const visitor = await provider.tokenOf('stranger');
  expect('a caller before the outage', await ask(visitor), 404);
  await provider.goDown();
  expect('a known token while the provider is down', await ask(visitor), 404);
  expect('any token when it has been down for too long', await eventually(() => ask(visitor), 503), 503);
  await provider.goUp();
  const back = await provider.tokenOf('stranger');
  expect('a token when the provider is back', await eventually(() => ask(back), 404), 404);
}
