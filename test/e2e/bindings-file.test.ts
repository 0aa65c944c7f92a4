import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type App, createApp } from '../../src/app.js';
import { loadSettings } from '../../src/config/index.js';
import type { Addresses } from '../../src/server/index.js';
import { readTrail } from '../support/audit-trail.js';
import { run } from '../support/cli-fixture.js';
import { RUNNER_ENTRY } from '../support/dist.js';
import { bearer, ECHO, ECHO_MODEL } from '../support/key-server.js';
import { createTempFolder, type TempFolder } from '../support/model-folder.js';
import { until } from '../support/until.js';

const MODELS = {
  'models/echo/1/': '',
  'models/echo/model.yaml': ECHO_MODEL,
  'models/kjv/1/model.gguf': readFileSync('test/fixtures/models/tiny-kjv.gguf'),
  'models/kjv/model.yaml': 'llama: { contextTokens: 4096, slots: 1, threads: 1, maxOutputTokens: 4000 }\n',
};
const KEYS = ['ops', 'app'].map((name) => `{ name: ${name}, key: ${name}-key-0123456789, scopes: [] }`).join(', ');
const APP = { principal: 'key:app', role: 'caller' };
const OPS = { principal: 'key:ops', role: 'admin' };
const written = (bindings: readonly object[], more = '') =>
  `auth:\n  keys: [${KEYS}]\n  bindings:\n${bindings.map((each) => `    - ${JSON.stringify(each)}\n`).join('')}${more}`;

let folder: TempFolder;
let app: App;
let addresses: Addresses;
const log: string[] = [];
beforeAll(async () => {
  folder = await createTempFolder({ ...MODELS, 'millrace.yaml': written([OPS, APP]) });
  const flags = {
    repository: { paths: [path.join(folder.path, 'models')] },
    server: { httpPort: 0, grpcPort: -1, metricsPort: 0 },
    store: { path: path.join(folder.path, '.millrace/store.db') },
    audit: { folder: path.join(folder.path, '.millrace/audit') },
    runners: { entry: RUNNER_ENTRY },
  };
  app = await createApp(loadSettings({ env: {}, flags, cwd: folder.path }), {
    logDestination: { write: (line) => log.push(JSON.parse(line).msg.replaceAll(`${folder.path}/`, '')) },
  });
  addresses = await app.listen();
  await app.start();
});
afterAll(async () => {
  await app.close({ drainDelayMs: 0 });
  await folder[Symbol.asyncDispose]();
});

const ask = (who: string, route: string, body?: object) =>
  fetch(`${addresses.http.url}${route}`, {
    ...(body && { method: 'POST', body: JSON.stringify(body) }),
    headers: { ...bearer(`${who}-key-0123456789`), 'content-type': 'application/json' },
  });
const infer = async (who: string) => (await ask(who, '/v2/models/echo/infer', ECHO)).status;

/** Writes the file, and waits until the log says something new of it. */
async function write(text: string): Promise<string | undefined> {
  const heard = log.length;
  writeFileSync(path.join(folder.path, 'millrace.yaml'), text);
  const about = () => log.slice(heard).find((message) => message.includes('millrace.yaml'));
  await until('the log speaks of the file', () => about() !== undefined);
  return about();
}

const changes = () => readTrail({ folder }).filter(({ action }) => action === 'access.change');
const metric = async (name: string) => {
  const text = await (
    await fetch(`${addresses.metrics?.url}/metrics`, { headers: bearer('ops-key-0123456789') })
  ).text();
  return Number(new RegExp(`^millrace_auth_last_reload_${name} (.*)$`, 'm').exec(text)?.[1]);
};

describe('bindings in the settings file, while the server runs', () => {
  it('hold for the next request, and what runs goes on', async () => {
    expect([await infer('app'), await infer('ops')]).toEqual([200, 200]);
    const streaming = await ask('app', '/v1/completions', {
      model: 'kjv',
      prompt: 'In the beginning',
      max_tokens: 300,
      ignore_eos: true,
      stream: true,
    });
    expect(streaming.status).toBe(200);
    expect(await write(written([OPS, { ...APP, models: ['kjv'] }]))).toBe(
      'auth.bindings read again from millrace.yaml',
    );
    expect([await infer('app'), await infer('ops')]).toEqual([404, 200]);
    expect(await streaming.text()).toMatch(/data: \[DONE\]\n\n$/);
    await write(written([OPS, { ...APP, role: 'runner' }], "  roles: { runner: ['model.infer'] }\n"));
    expect(await infer('app')).toBe(200);
  });

  it('are explained as they are now, without the folder of the file to those who may not see who may do what', async () => {
    await write(written([OPS, { ...APP, models: ['echo'] }], '\n'));
    const explain = async (who: string, query: string) => {
      const answer = await (
        await ask(who, `/millrace/v1/access/explain?action=model.infer&resource=echo${query}`)
      ).json();
      return (answer as { readonly because: unknown }).because;
    };
    const line = { role: 'caller', models: ['echo'] };
    expect(await explain('app', '')).toEqual([{ ...line, place: 'millrace.yaml:5:7' }]);
    expect(await explain('ops', '&principal=app')).toEqual([{ ...line, place: `${folder.path}/millrace.yaml:5:7` }]);
  });

  it('leave two entries in the audit trail, by the file', async () => {
    await until('the ends are recorded', () => changes().length === 6);
    const [intent, outcome] = changes();
    const who = { principal: `file:${folder.path}/millrace.yaml`, remote_address: '', transport: '', resource: '' };
    expect(intent).toMatchObject({ type: 'intent', ...who });
    expect(outcome).toMatchObject({
      type: 'outcome',
      ...who,
      outcome: 'ok',
      before: { roles: {}, bindings: [OPS, APP] },
      after: { roles: {}, bindings: [OPS, { ...APP, models: ['kjv'] }] },
    });
  });

  it('are refused where nobody could change keys any more', async () => {
    const refused =
      "millrace.yaml is not usable, what was in force stays: the keys and bindings of millrace.yaml would lock every administrator out: leave the role 'admin', on everything, to one caller at least";
    expect(await write(written([{ ...OPS, role: 'operator' }, APP]))).toBe(refused);
    expect((await ask('ops', '/millrace/v1/keys')).status).toBe(200);
    expect(await metric('successful')).toBe(0);
    await until('the end is recorded', () => changes().at(-1)?.type === 'outcome');
    expect(changes().at(-1)).toMatchObject({ outcome: 'failed_precondition' });
    // An API key of the store is somebody.
    const url = ['--url', addresses.http.url, '--key', 'ops-key-0123456789'];
    expect((await run(['keys', 'create', 'root', '--grant', 'admin', ...url], { cwd: folder.path })).code).toBe(0);
    expect(await write(written([{ ...OPS, role: 'operator' }, APP], '\n'))).toBe(
      'auth.bindings read again from millrace.yaml',
    );
    expect((await ask('ops', '/millrace/v1/keys')).status).toBe(403);
  });

  it('are looked over as they are now', async () => {
    await write(written([OPS, { ...APP, models: ['ecko'] }]));
    const { findings } = (await (await ask('ops', '/millrace/v1/doctor')).json()) as {
      readonly findings: readonly {
        readonly id: string;
        readonly place: string;
        readonly fix: { readonly line: string };
      }[];
    };
    expect(findings.find(({ id }) => id === 'binding-without-match')).toMatchObject({
      place: `${folder.path}/millrace.yaml:5:7`,
      fix: { line: 'auth: { bindings: [{ principal: "key:app", role: caller, models: ["echo"] }] }' },
    });
  });

  it('tell by metrics when they were read again', async () => {
    await write(written([OPS, APP]));
    expect(await metric('successful')).toBe(1);
    const before = await metric('success_timestamp_seconds');
    await write(written([OPS]));
    const after = await metric('success_timestamp_seconds');
    expect(after > before).toBe(true);
  });

  it('are as they are where the file has none that can be used', async () => {
    await write(written([OPS, APP]));
    expect(await write(written([OPS, { ...APP, role: 'caler' }]))).toBe(
      "millrace.yaml is not usable, what was in force stays: millrace.yaml:5:30: auth.bindings[1].role: there is no role 'caler'; did you mean 'caller'?",
    );
    expect(await infer('app')).toBe(200);
  });
});
