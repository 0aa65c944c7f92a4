import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { run } from '../support/cli-fixture.js';
import { closeGrpcServers } from '../support/grpc-server.js';
import { bearer } from '../support/key-server.js';
import { createTempFolder, type TempFolder } from '../support/model-folder.js';
import { RawClient, requestText } from '../support/raw-client.js';
import { startSteadyLoad } from '../support/steady-load.js';
import { until } from '../support/until.js';
import { processEnded, startUpgradable, UPGRADE_KEY, UPGRADE_MODELS } from '../support/upgradable-server.js';

const SETTINGS = `repository: { paths: [./models] }
auth: { keys: [{ name: ops, key: ${UPGRADE_KEY}, scopes: [infer, observe, manage] }] }
`;
const LIVE = requestText('GET /v2/health/live');

let folder: TempFolder;
beforeEach(async () => {
  folder = await createTempFolder({ ...UPGRADE_MODELS, 'millrace.yaml': SETTINGS });
});
afterEach(async () => {
  await closeGrpcServers();
  await folder[Symbol.asyncDispose]();
});

/** Answers with its text once there is a file `gate` in the folder of the server; notes each run. */
const WAITING_MODEL = `import { appendFileSync, existsSync, watch } from 'node:fs';
import { answer, defineModel } from 'millrace/model';

export default defineModel({
  inputs: { text: 'BYTES[1]', folder: 'BYTES[1]' },
  outputs: { text: 'BYTES[1]' },
  async infer({ inputs }) {
    const folder = inputs.folder.value;
    appendFileSync(folder + '/runs', inputs.text.value + '\\n');
    await new Promise((resolve) => {
      const check = () => existsSync(folder + '/gate') && (watcher.close(), resolve());
      const watcher = watch(folder, check);
      check();
    });
    return answer({ text: inputs.text.value });
  },
});
`;
const jobOf = (text: string) => ({
  inputs: [
    { name: 'text', datatype: 'BYTES', shape: [1], data: [text] },
    { name: 'folder', datatype: 'BYTES', shape: [1], data: [folder.path] },
  ],
});

const write = (name: string, text: string) => writeFileSync(path.join(folder.path, name), text);

describe('a server that is upgraded', () => {
  it('answers every call and stream over kept connections, over HTTP and gRPC', async () => {
    await using server = await startUpgradable(folder.path);
    await using load = startSteadyLoad(server.http, server.grpc);
    await load.more(5);
    const first = server.pid();
    server.signal();
    const second = await server.upgraded();
    await load.more(5);
    const asked = run(['upgrade', '--url', server.http, '--key', UPGRADE_KEY, '--json']);
    const third = await server.upgraded();
    const { code, out } = await asked;
    expect([code, JSON.parse(out)]).toEqual([0, { pid: third, version: expect.any(String) }]);
    await load.more(5);
    await load.stop();
    expect(load.failures).toEqual([]);
    expect(new Set([first, second, third]).size).toBe(3);
    await Promise.all([first, second].map(processEnded));
    process.kill(third, 'SIGTERM');
    expect((await server.cli.ended).exit).toBe(0);
    const { code: verified, out: trail } = await run(['audit', 'verify'], { cwd: folder.path });
    expect([verified, trail]).toEqual([0, expect.any(String)]);
  });

  it('answers idle connections once more, and ends when they are gone', async () => {
    await using server = await startUpgradable(folder.path);
    const port = Number(new URL(server.http).port);
    const idle = await RawClient.connect(port);
    idle.send(LIVE);
    expect((await idle.response()).headers.connection).toBe('keep-alive');
    const first = server.pid();
    server.signal();
    await server.upgraded();
    idle.send(LIVE);
    expect(await idle.response()).toMatchObject({ status: 200, headers: { connection: 'close' } });
    await processEnded(first);
    const next = await RawClient.connect(port);
    next.send(LIVE);
    expect((await next.response()).headers.connection).toBe('keep-alive');
  });

  it('ends at once by SIGTERM while it finishes, and the new process goes on', async () => {
    await using server = await startUpgradable(folder.path);
    const port = Number(new URL(server.http).port);
    const idle = await RawClient.connect(port);
    idle.send(LIVE);
    expect((await idle.response()).status).toBe(200);
    const first = server.pid();
    server.signal();
    await server.upgraded();
    process.kill(first, 'SIGTERM');
    await Promise.all([idle.closed, processEnded(first)]);
    expect((await fetch(`${server.http}/v2/health/ready`)).status).toBe(200);
  });
});

it('jobs that wait or run during an upgrade run once, and have one result each', async () => {
  write('millrace.yaml', `${SETTINGS}server: { keepAliveTimeoutMs: 1 }\n`);
  write('models/counting/1/model.js', WAITING_MODEL);
  await using server = await startUpgradable(folder.path);
  const ask = async (line: string, body: object | undefined, headers: Readonly<Record<string, string>> = {}) => {
    const [method = '', url] = line.split(' ');
    const sent = body === undefined ? {} : { body: JSON.stringify(body) };
    const answer = await fetch(`${server.http}${url}`, {
      method,
      headers: { ...bearer(UPGRADE_KEY), 'content-type': 'application/json', connection: 'close', ...headers },
      ...sent,
    });
    return { status: answer.status, text: await answer.text() };
  };
  const submit = async (gate: string) => {
    const { status, text } = await ask('POST /v2/models/counting/infer', jobOf(gate), { prefer: 'respond-async' });
    expect([status, text]).toEqual([202, expect.any(String)]);
    return String(JSON.parse(text).id);
  };
  const notes = path.join(folder.path, 'runs');
  const runs = () => readFileSync(notes, 'utf8').trim().split('\n');
  const texts = Array.from({ length: 20 }, (_, job) => `${job}`);
  const ids: string[] = [];
  for (const text of texts) ids.push(await submit(text));
  // The model runs one at a time: the others wait.
  await until('a job runs', () => existsSync(notes));
  const first = server.pid();
  server.signal();
  await server.upgraded();
  expect(runs()).toHaveLength(1);
  write('gate', '');
  await processEnded(first);
  for (const [job, id] of ids.entries()) {
    const { status, text } = await ask(`GET /millrace/v1/jobs/${id}`, undefined, { prefer: 'wait=60' });
    expect([status, JSON.parse(text).outputs[0].data]).toEqual([200, [`${job}`]]);
  }
  expect(new Set(runs())).toEqual(new Set(texts));
  expect(runs()).toHaveLength(texts.length);
});

describe('an upgrade that fails changes nothing, and says why', () => {
  const upgrade = async (url: string) => {
    const { code, err } = await run(['upgrade', '--url', url, '--key', UPGRADE_KEY]);
    return `${code} ${err}`;
  };

  it('where settings are broken, models are lost or fail, and succeeds once they are right', async () => {
    await using server = await startUpgradable(folder.path);
    await using load = startSteadyLoad(server.http, server.grpc);
    write('millrace.yaml', 'server: { httpPort: many }\n');
    expect(await upgrade(server.http)).toMatch(
      /^1 error: the new process does not take over: .*millrace\.yaml:1:11: server\.httpPort: expected integer/,
    );
    write('millrace.yaml', SETTINGS);
    write('models/counting/1/model.js', 'throw new Error("broken");\n');
    expect(await upgrade(server.http)).toMatch(
      /^1 error: the new process does not serve 'counting' \(.*broken.*\)\n$/s,
    );
    write('models/counting/1/model.js', String(UPGRADE_MODELS['models/counting/1/model.js']));
    const first = server.pid();
    await load.more(5);
    server.signal();
    expect(await server.upgraded()).not.toBe(first);
    await load.more(5);
    await load.stop();
    expect(load.failures).toEqual([]);
    expect(server.log()).toMatch(/"level":"error"[^\n]*upgrade by key:ops failed, and this server goes on: /);
  });

  it('where another upgrade is under way; SIGTERM ends that as well', async () => {
    await using server = await startUpgradable(folder.path);
    const loading = path.join(folder.path, 'loading');
    write(
      'models/counting/1/model.js',
      `import { writeFileSync } from 'node:fs';
writeFileSync(${JSON.stringify(loading)}, '');
await new Promise(() => setInterval(() => {}, 1e6));
`,
    );
    const first = upgrade(server.http);
    await until('the new process loads its models', () => existsSync(loading));
    expect(await upgrade(server.http)).toBe('1 error: an upgrade is under way\n');
    const ended = once(server.cli.child, 'exit');
    server.cli.child.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
    expect(await first).toBe('1 error: this server is ending\n');
    // Its outputs are closed: the new process has ended, too.
    expect((await server.cli.ended).exit).toBe(0);
  });
});
