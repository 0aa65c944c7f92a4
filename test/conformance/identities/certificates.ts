import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { emptyFolder, inRoot } from '../harness/paths.js';
import { makeAuthority, makeCertificate } from '../harness/pki.js';
import { startServer } from '../harness/server.js';
import type { Tally } from '../harness/tally.js';
import { eventually } from './eventually.js';

const ROW = JSON.stringify({ inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 16], data: Array(16).fill(0) }] });
const SCORER = 'spiffe://example.com/ns/fraud/sa/scorer';
/** curl got no answer at all. */
const NO_ANSWER = 0;

/** Authorities and certificates made by openssl, shown by curl to a server whose authorities change. */
export async function checkCertificates(tally: Tally): Promise<void> {
  const folder = emptyFolder('identities/certificates');
  const at = (name: string) => path.join(folder, name);
  for (const authority of ['old', 'new']) makeAuthority(folder, authority);
  makeCertificate(folder, { name: 'server', authority: 'old', altNames: 'IP:127.0.0.1' });
  makeCertificate(folder, { name: 'scorer', authority: 'old', altNames: `URI:${SCORER},DNS:scorer.example.com` });
  makeCertificate(folder, { name: 'rotated', authority: 'new', altNames: `URI:${SCORER}` });
  makeCertificate(folder, { name: 'stranger', authority: 'old', altNames: 'DNS:stranger.example.com' });
  makeCertificate(folder, { name: 'over', authority: 'old', altNames: `URI:${SCORER}`, days: -1 });
  const trust = (...authorities: readonly string[]) =>
    writeFileSync(at('trusted.crt'), authorities.map((name) => readFileSync(at(`${name}.crt`), 'utf8')).join(''));
  trust('old');
  const tls = {
    certFile: at('server.crt'),
    keyFile: at('server.key'),
    clientCertificates: 'optional',
    clientCaFile: at('trusted.crt'),
  };
  const auth = {
    keys: [{ name: 'ops', key: 'key-of-ops-0123456789', scopes: ['observe'] }],
    bindings: [{ principal: `cert:${SCORER}`, role: 'caller', models: ['mlp'] }],
  };
  writeFileSync(at('millrace.yaml'), JSON.stringify({ auth, server: { tls } }));
  const server = await startServer([inRoot('examples/models'), '--config', at('millrace.yaml')]);
  const ask = async (name?: string, ...more: readonly string[]) => {
    const shown = name === undefined ? [] : ['--cert', at(`${name}.crt`), '--key', at(`${name}.key`)];
    const url = `${server.url}/v2/models/mlp/infer`;
    return curl(['--cacert', at('old.crt'), ...shown, ...more, '--data', ROW, url]);
  };
  const expect = (what: string, got: number, wanted: number) =>
    tally.check(got === wanted, `${what}: expected ${wanted}, got ${got}; ${server.lastWords()}`);
  try {
    expect('a client without a certificate', await ask(), 401);
    expect('a client that is bound to a role', await ask('scorer'), 200);
    expect('a client that is not', await ask('stranger'), 404);
    expect('a client whose certificate has expired', await ask('over'), NO_ANSWER);
    expect('a client of another authority', await ask('rotated'), NO_ANSWER);
    expect('a key beside a certificate', await ask('scorer', '--oauth2-bearer', 'key-of-ops-0123456789'), 403);
    trust('old', 'new');
    expect('a client of the authority to come', await eventually(() => ask('rotated'), 200), 200);
    expect('a client of the authority that goes', await ask('scorer'), 200);
    trust('new');
    expect('a client of the authority that went', await eventually(() => ask('scorer'), NO_ANSWER), NO_ANSWER);
    expect('a client of the authority that came', await ask('rotated'), 200);
  } finally {
    tally.check((await server.stop()) === 0, `the server did not end well: ${server.lastWords()}`);
  }
}

/** The status of the answer; {@link NO_ANSWER} where there is none. */
function curl(args: readonly string[]): number {
  try {
    const options = ['--silent', '--output', '/dev/null', '--max-time', '20', '--write-out', '%{http_code}'];
    return Number(execFileSync('curl', [...options, ...args], { encoding: 'utf8' }));
  } catch {
    return NO_ANSWER;
  }
}
