/**
 * What it takes to tell whose a JWT is, in process, by the algorithm of its signature: time on the clock of those that come for the first time, one
 * behind the other, and CPU time of one that has been seen before; the best of nine runs. Usage: node bench/micro/jwt.mjs
 */
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { SignJWT } from 'jose';
import { compileSource } from '../../scripts/compile-source.mjs';
import { cpuUs } from './cpu-time.mjs';

const { openIssuers } = await import(await compileSource('governance/identity/jwt/open-issuers'));
const { AccessPolicy } = await import(await compileSource('governance/access/policy'));
const { JWT_ALGORITHMS } = await import(await compileSource('governance/identity/jwt/options'));
const { EventBus } = await import(await compileSource('core/events'));
const { systemClock } = await import(await compileSource('core/clock'));

const RUNS = 9;
const KNOWN = 200_000;
const NEW = 300;
const ISSUER = 'https://login.example.com';
const PAIRS = {
  RS256: () => generateKeyPairSync('rsa', { modulusLength: 2_048 }),
  ES256: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  EdDSA: () => generateKeyPairSync('ed25519'),
};
const PEER = { address: '127.0.0.1', isLocal: () => true };

/** What is in the access tokens of a provider such as Keycloak. */
const claims = () => ({
  jti: randomUUID(),
  azp: 'scorer',
  scope: 'openid profile email',
  realm_access: { roles: ['fraud-team', 'offline_access', 'default-roles-example'] },
  resource_access: { account: { roles: ['manage-account', 'view-profile'] } },
  preferred_username: 'service-account-scorer',
});

for (const [alg, generate] of Object.entries(PAIRS)) {
  const { publicKey, privateKey } = generate();
  const jwks = { keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'a', alg, use: 'sig' }] };
  const options = {
    issuer: ISSUER,
    audience: 'millrace',
    groupsClaim: 'realm_access.roles',
    groupsPrefix: '',
    principalClaim: 'sub',
    algorithms: JWT_ALGORITHMS,
    tokens: 'access',
    clockSkewMs: 30_000,
    discoveryUrl: '',
    jwksUri: `${ISSUER}/jwks`,
    caFile: '',
    tokenFile: '',
    refreshMs: 300_000,
    maxStaleMs: 3_600_000,
  };
  const { source, close } = await openIssuers([options], {
    policy: new AccessPolicy(),
    clock: systemClock,
    events: new EventBus(),
    fetchJson: async () => jwks,
  });
  const make = () =>
    new SignJWT(claims())
      .setProtectedHeader({ alg, kid: 'a', typ: 'JWT' })
      .setIssuer(ISSUER)
      .setAudience('millrace')
      .setSubject('f1c9c3a2-7d64-4c1e-9c55-6d5a6f5e5f0e')
      .setIssuedAt()
      .setExpirationTime('5m')
      .sign(privateKey);
  let first = Number.POSITIVE_INFINITY;
  let again = Number.POSITIVE_INFINITY;
  let bytes = 0;
  for (let run = 0; run < RUNS; run++) {
    const tokens = await Promise.all(Array.from({ length: NEW }, make));
    const start = performance.now();
    for (const token of tokens) await source.principalOf(token, PEER);
    first = Math.min(first, (performance.now() - start) / NEW);
    const [known = ''] = tokens;
    bytes = known.length;
    const startedAt = cpuUs();
    for (let count = 0; count < KNOWN; count++) source.principalOf(known, PEER);
    again = Math.min(again, (cpuUs() - startedAt) / KNOWN);
  }
  close();
  console.log(`${alg}, ${bytes} bytes: first ${first.toFixed(3)} ms, known ${again.toFixed(2)} µs`);
}
