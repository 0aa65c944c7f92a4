import { execFile } from 'node:child_process';
import { chmod, utimes } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { createSettings, type PartialSettings } from '../../src/config/index.js';
import type { Finding } from '../../src/core/index.js';
import { run } from '../support/cli-fixture.js';
import { DAY_MS, GOOD_KEY } from '../support/doctor-facts.js';
import { createTempFolder, type TempFolder } from '../support/model-folder.js';
import { openTestStore } from '../support/store.js';

const MODEL = { 'models/m/1/model.js': 'export default {}' };

let folder: TempFolder;
const at = (file: string) => path.join(folder.path, file);

beforeEach(async () => {
  folder = await createTempFolder(MODEL);
});
afterEach(() => folder[Symbol.asyncDispose]());

/** What `millrace doctor` says in the folder, but for what this machine, its container and its Node.js are to blame for. */
async function doctor(...argv: readonly string[]) {
  const { code, out, err } = await run(['doctor', '--json', ...argv], { cwd: folder.path });
  expect(err).toBe('');
  const { findings } = JSON.parse(out) as { readonly findings: readonly Finding[] };
  const own = findings.filter(
    ({ id, where }) => where !== 'the container' && !/^(node|package|disk|open-files)/.test(id),
  );
  return { code, findings, told: own.map(({ level, id, where, place }) => `${level} ${id} ${where} ${place}`.trim()) };
}

async function configure(lines: readonly string[], mode = 0o600) {
  await folder.write({ 'millrace.yaml': `${lines.join('\n')}\n` });
  await chmod(at('millrace.yaml'), mode);
}

async function makeCertificate(name: string, days: number) {
  const args = `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -subj /CN=${name} -days ${days}`.split(
    ' ',
  );
  await promisify(execFile)('openssl', [...args, '-keyout', at(`${name}.key`), '-out', at(`${name}.crt`)]);
  await chmod(at(`${name}.key`), 0o600);
}

describe('millrace doctor', () => {
  it('has nothing to correct about the defaults', async () => {
    const { code, told } = await doctor();
    expect({ code, told }).toEqual({ code: 0, told: [] });
  });

  it('has nothing to correct about a server with keys, TLS and a store', async () => {
    await makeCertificate('good', 90);
    await folder.write({ 'ci.key': GOOD_KEY }, Date.now());
    await chmod(at('ci.key'), 0o600);
    await configure([
      'server: { host: 0.0.0.0, tls: { certFile: good.crt, keyFile: good.key } }',
      "auth: { keys: [{ name: ci, key: '${file:ci.key}' }] }",
      'audit: { checkpointFile: elsewhere/checkpoints.jsonl }',
    ]);
    const { code, told } = await doctor();
    expect({ code, told }).toEqual({
      code: 0,
      told: [`note certificate-self-signed server.tls.certFile ${at('millrace.yaml')}:1:33`],
    });
  });

  it('finds what is wrong with the keys, the binds and the limits, and says where', async () => {
    await folder.write({ 'old.key': `x${GOOD_KEY}` }, Date.now() - 400 * DAY_MS);
    await chmod(at('old.key'), 0o644);
    await configure(
      [
        'server:',
        '  host: 0.0.0.0',
        '  maxConnections: 100000000',
        '  headersTimeoutMs: 3600000',
        '  cors: { origins: ["*"] }',
        'auth:',
        '  maxFailedKeysPerMinute: 0',
        '  allowAnonymous: true',
        '  keys:',
        "    - { name: old, key: '${file:old.key}' }",
        `    - { name: twin, key: '${GOOD_KEY}' }`,
        '    - { name: short, key: correcthorsebattery }',
        '    - { name: weak, key: ababababababababab }',
      ],
      0o666,
    );
    const yaml = at('millrace.yaml');
    const { code, told, findings } = await doctor();
    expect(code).toBe(1);
    expect(told).toEqual([
      `error key-guessable auth.keys[3].key ${yaml}:13:21`,
      `error writable-by-all ${yaml}`,
      `error readable-by-all auth.keys[0].key ${yaml}:10:20`,
      'warning no-tls server.tls.certFile',
      `warning key-short auth.keys[2].key ${yaml}:12:22`,
      `warning keys-alike auth.keys[1].key ${yaml}:11:21`,
      `warning key-old auth.keys[0].key ${yaml}:10:20`,
      `warning failed-keys-unlimited auth.maxFailedKeysPerMinute ${yaml}:7:3`,
      `warning slow-clients server.headersTimeoutMs ${yaml}:4:3`,
      `note anonymous-without-effect auth.allowAnonymous ${yaml}:8:3`,
      `note any-origin server.cors.origins ${yaml}:5:11`,
      `note key-in-settings auth.keys[1].key ${yaml}:11:21`,
      'note audit-without-second-place audit.keyFile',
      'note no-quotas quotas',
    ]);
    if (process.platform === 'linux') expect(findings.map(({ id }) => id)).toContain('open-files');
    expect(JSON.stringify(findings)).not.toMatch(new RegExp(`${GOOD_KEY}|correcthorse|abab`));
  });

  it('finds certificates that do not fit, and none that end because they are short-lived', async () => {
    await Promise.all([makeCertificate('soon', 20), makeCertificate('now', 3)]);
    const withTls = (cert: string, key: string) =>
      configure([`server: { tls: { certFile: ${cert}, keyFile: ${key} } }`]);
    await withTls('now.crt', 'now.key');
    const fresh = await doctor();
    expect([fresh.code, ...fresh.told]).toEqual([0, expect.stringMatching(/^note certificate-self-signed .*yaml:1:/)]);
    await withTls('now.crt', 'soon.key');
    const { findings } = await doctor();
    expect(findings[0]?.what).toMatch(/now\.crt cannot be used: it does not go with its key: .*key values mismatch/);
    await configure([
      'server: { tls: { certFile: now.crt, keyFile: now.key, clientCertificates: required, clientCaFile: soon.crt } }',
      'auth: { issuers: [{ issuer: "https://a.example", audience: millrace, caFile: now.key }] }',
      'jobs: { inputs: { caFile: now.key }, webhooks: { caFile: none.crt } }',
    ]);
    expect((await doctor()).told.map((line) => line.split(' ').slice(0, 3).join(' '))).toEqual([
      'error certificate-unusable auth.issuers[0].caFile',
      'error certificate-unusable jobs.inputs.caFile',
      'error certificate-unusable jobs.webhooks.caFile',
      'warning issuer-without-bindings auth.issuers[0]',
      'warning certificates-without-bindings server.tls.clientCertificates',
      'note audit-without-second-place audit.keyFile',
      'note no-quotas quotas',
      'note certificate-self-signed server.tls.certFile',
    ]);
    await withTls('now.crt', 'none.key');
    expect((await doctor()).findings[0]?.what).toMatch(/now\.crt cannot be used: ENOENT/);
  });

  it('finds a chain in the wrong order', async () => {
    await Promise.all([makeCertificate('a', 90), makeCertificate('b', 90)]);
    await promisify(execFile)('sh', ['-c', 'cat a.crt b.crt > chain.crt'], { cwd: folder.path });
    await configure(['server: { tls: { certFile: chain.crt, keyFile: a.key } }']);
    expect((await doctor()).told[0]).toMatch(/^error certificate-chain /);
  });

  it('finds models, runtimes and files of the future that others may change or have written', async () => {
    await folder.write({ 'runtime.mjs': '', 'millrace.yaml': 'runners: { runtimes: [./runtime.mjs] }\n' });
    await Promise.all([chmod(at('runtime.mjs'), 0o666), chmod(at('models/m/1'), 0o777)]);
    const future = Date.now() / 1_000 + 86_400;
    await utimes(at('models/m/1/model.js'), future, future);
    const { told, findings } = await doctor();
    expect(told).toEqual([
      `error writable-by-all runners.runtimes[0] ${at('millrace.yaml')}:1:23`,
      'error writable-by-all repository.paths[0]',
      'warning clock-wrong the clock',
    ]);
    expect(findings[1]?.fix).toEqual({ kind: 'command', line: `chmod -R o-w ${at('models')}` });
    // The lines are right: what they are run on is fine.
    for (const { fix } of findings.slice(0, 2)) await promisify(execFile)('sh', ['-c', fix.line]);
    expect((await doctor()).told).toEqual(['warning clock-wrong the clock']);
  });

  it('finds a store that cannot be read, and one that cannot be made', async () => {
    await folder.write({ '.millrace/store.db': 'no database at all' });
    await chmod(at('.millrace/store.db'), 0o644);
    await configure([`store: { path: ${at('.millrace/store.db')} }`]);
    expect((await doctor()).told).toEqual(
      ['error store-unusable store.path', 'error readable-by-all store.path'].map(
        (line) => `${line} ${at('millrace.yaml')}:1:10`,
      ),
    );
    await configure([`store: { path: ${at('millrace.yaml/store.db')} }`]);
    expect((await doctor()).told[0]).toMatch(/^error folder-not-writable store\.path /);
  });

  it('finds old and unused API keys in the store, which it leaves as it is', async () => {
    const store = await openTestStore({ path: at('.millrace/store.db') });
    const key = { owner: '', grants: [], groups: [], createdBy: 'me', expiresAtMs: undefined, rotatedAtMs: undefined };
    const rest = { previous: undefined, revokedAtMs: undefined, revokedBy: undefined, lastUsedAtMs: undefined };
    const createdAtMs = Date.now() - 400 * DAY_MS;
    await store.keys.create({ ...key, ...rest, id: 'a', name: 'ci', digest: '00', createdAtMs });
    await configure([`store: { path: ${at('.millrace/store.db')} }`]);
    const { told, findings } = await doctor();
    expect(told).toEqual([
      `warning keys-without-effect auth.required`,
      'warning key-old the store',
      'warning key-unused the store',
      'note key-without-expiry the store',
    ]);
    expect(findings[1]?.fix.line).toBe('millrace keys rotate ci');
  });

  it('says what keeps a server from starting as serve says it', async () => {
    await configure(['server: { httpPort: x }', 'auth: { keys: [{ name: a, key: short }] }']);
    const told = await run(['doctor'], { cwd: folder.path });
    expect(told).toEqual(await run(['serve'], { cwd: folder.path }));
    expect(told).toMatchObject({ code: 2, out: '' });
    const nowhere = await run(['doctor', './none'], { cwd: folder.path, env: { MILLRACE_CONFIG: '' } });
    expect(nowhere.code).toBe(2);
  });

  it('ends with the exit code that was asked for', async () => {
    const open = ['--host', '0.0.0.0', '--allow-anonymous'];
    const codes = ['error', 'warning', 'note', 'never'].map(async (level) => {
      const { code } = await run(['doctor', ...open, '--fail-on', level], { cwd: folder.path });
      return code;
    });
    expect(await Promise.all(codes)).toEqual([0, 1, 1, 0]);
  });

  it('is read by people, too', async () => {
    const { out } = await run(['doctor', '--host', '0.0.0.0', '--allow-anonymous'], { cwd: folder.path });
    expect(out).toContain(`warning: everybody who reaches 0.0.0.0 may use the server, without a key [open-to-everybody]
  at   auth.allowAnonymous (--allow-anonymous)
  set  auth: { keys: [{ name: me, key: '\${file:me.key}' }] }
`);
    expect(out).toMatch(/^2 warnings/m);
  });
});

it('sets what can be set: the lines are settings', async () => {
  const { checkBinds } = await import('../../src/doctor/checks/binds.js');
  const { checkLimits } = await import('../../src/doctor/checks/limits.js');
  const { factsWith } = await import('../support/doctor-facts.js');
  const facts = factsWith({
    settings: {
      auth: { allowAnonymous: true, maxFailedKeysPerMinute: 0, keys: [{ name: 'a', key: GOOD_KEY, scopes: [] }] },
      server: {
        host: '::',
        cors: { origins: ['*'] },
        maxInputBytes: 2 ** 36,
        maxBufferedBytes: 2 ** 36,
        headersTimeoutMs: 1e9,
      },
      runners: { maxRssBytes: 2 ** 40 },
      repository: { controlMode: 'explicit' },
    },
  });
  const lines = [...checkBinds(facts), ...checkLimits(facts)].map(({ fix }) => fix.line);
  expect(lines.length).toBeGreaterThan(7);
  for (const line of lines) expect(() => createSettings(parse(line) as PartialSettings)).not.toThrow();
});
