import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { run } from '../support/cli-fixture.js';
import { type CliProcess, FREE_PORTS, startCli } from '../support/cli-process.js';
import { type ControlAnswer, echoModel } from '../support/control-fixture.js';
import { bearer } from '../support/key-server.js';
import { createTempFolder, type TempFolder } from '../support/model-folder.js';
import { until } from '../support/until.js';

const SETTINGS = `repository: { paths: [./models], controlMode: explicit, loadModels: ['*'] }
auth: { required: true, maxFailedKeysPerMinute: 0 }
metering: { enabled: false }
`;
const ECHO = { inputs: [{ name: 'x', datatype: 'INT32', shape: [1], data: [7] }] };
const to = (version: number) => ({ arms: [{ model: 'fraud', version, weight: 1 }] });

let folder: TempFolder;
let admin: string;
beforeEach(async () => {
  folder = await createTempFolder({
    'models/fraud/model.yaml': echoModel('versions: all'),
    'models/fraud/3/': '',
    'models/fraud/4/': '',
    'millrace.yaml': SETTINGS,
  });
});
afterEach(() => folder[Symbol.asyncDispose]());

/** Makes a key in the file itself. */
async function createKey(name: string, role: string): Promise<string> {
  const made = await run(['keys', 'create', name, '--grant', role, '--store', '.millrace/store.db'], {
    cwd: folder.path,
  });
  if (made.code !== 0) throw new Error(made.err);
  return made.out.trim();
}

interface ServerProcess extends AsyncDisposable {
  readonly cli: CliProcess;
  /** `POST keys`, below `/millrace/v1/`. */
  api(line: string, body?: object): Promise<ControlAnswer>;
  /** The status of an inference with a key. */
  statusOf(key: string): Promise<number>;
  /** The version that answers for a name, or the status. */
  answererOf(name: string): Promise<string>;
  /** What it has logged so far. */
  log(): string;
  /** Ends it, as a restart does. */
  stop(): Promise<void>;
}

/** One `millrace serve` over the folder and its store. */
async function serve(): Promise<ServerProcess> {
  const cli = startCli(['serve', ...FREE_PORTS, '--json'], { cwd: folder.path });
  let log = '';
  cli.child.stderr.on('data', (chunk: Buffer) => {
    log += chunk.toString();
  });
  const url = String((await cli.nextEvent()).http);
  await cli.nextEvent();
  const infer = (name: string, key: string) =>
    fetch(`${url}/v2/models/${name}/infer`, { method: 'POST', headers: bearer(key), body: JSON.stringify(ECHO) });
  return {
    cli,
    async api(line, body) {
      const [method = '', path] = line.split(' ');
      const sent = body === undefined ? {} : { body: JSON.stringify(body) };
      const answer = await fetch(`${url}/millrace/v1/${path}`, { method, headers: bearer(admin), ...sent });
      return {
        status: answer.status,
        body: await answer.json(),
        etag: answer.headers.get('etag') ?? undefined,
      };
    },
    async statusOf(key) {
      const answer = await infer('fraud', key);
      await answer.arrayBuffer();
      return answer.status;
    },
    async answererOf(name) {
      const answer = await infer(name, admin);
      const body = (await answer.json()) as { readonly model_version?: string };
      return body.model_version ?? String(answer.status);
    },
    async stop() {
      cli.child.kill('SIGTERM');
      expect((await cli.ended).exit).toBe(0);
    },
    log: () => log,
    [Symbol.asyncDispose]: () => cli[Symbol.asyncDispose](),
  };
}

const IN_USE = /^the store '.*' is used by another server, and one alone may write it/;

describe('of two servers on one store', () => {
  it('the second follows what the first does to keys, labels and routes, and goes on with it', async () => {
    admin = await createKey('admin', 'admin');
    await using first = await serve();
    const old = (await first.api('POST keys', { name: 'old', grants: [{ role: 'caller' }] })).body.key;
    await using second = await serve();
    expect(await second.statusOf(old)).toBe(200);

    const made = (await first.api('POST keys', { name: 'new', grants: [{ role: 'caller' }] })).body.key;
    await until('a new key is known', async () => (await second.statusOf(made)) === 200);
    const rotated = (await first.api('POST keys/new/rotate', { overlap_ms: 0 })).body.key;
    await until('a rotated key holds', async () => (await second.statusOf(rotated)) === 200);
    expect(await second.statusOf(made)).toBe(401);
    expect((await first.api('POST keys/old/revoke')).status).toBe(200);
    await until('a revoked key holds no more', async () => (await second.statusOf(old)) === 401);

    expect((await first.api('PATCH models/fraud/labels', { stable: 3 })).status).toBe(200);
    await until('a label has moved', async () => (await second.answererOf('fraud')) === '3');
    expect((await first.api('PUT routes/live', to(3))).status).toBe(200);
    await until('a route is there', async () => (await second.answererOf('live')) === '3');
    expect((await first.api('PUT routes/live', to(4))).status).toBe(200);
    await until('a route has changed', async () => (await second.answererOf('live')) === '4');

    const refused = await second.api('PATCH models/fraud/labels', { canary: 4 });
    expect([refused.status, refused.body.error.message]).toEqual([503, expect.stringMatching(IN_USE)]);
    const follows = 'another server writes the store: this one follows its changes';
    await until('it has said so', () => second.log().includes(follows));
    expect((await first.api('DELETE routes/live')).status).toBe(200);
    expect((await first.api('PATCH models/fraud/labels', { stable: 4, kept: 3 })).status).toBe(200);
    await first.stop();

    // Whether the second has noticed the last changes by now or not.
    expect((await second.api('PATCH models/fraud/labels', { canary: 4 })).status).toBe(200);
    const { body } = await second.api('GET models/fraud/labels');
    expect(body.labels.map(({ label, version }: Record<string, unknown>) => `${label}=${version}`)).toEqual([
      'canary=4',
      'kept=3',
      'stable=4',
    ]);
    expect([await second.answererOf('live'), (await second.api('POST keys/new/revoke')).status]).toEqual(['404', 200]);
    expect(await second.statusOf(rotated)).toBe(401);
    await until('it has said that it writes now', () => second.log().includes('this server writes the store now'));
    expect(second.log().split(follows)).toHaveLength(2);
  });

  it('one alone acts on a rollout, and the other goes on with it in the same step', async () => {
    admin = await createKey('admin', 'admin');
    await using first = await serve();
    expect((await first.api('PATCH models/fraud/labels', { stable: 3 })).status).toBe(200);
    await using second = await serve();
    const plan = { to: 4, steps: [50, 100], hold_ms: 600_000 };
    expect((await first.api('POST models/fraud/rollout', plan)).status).toBe(200);
    await until('the second splits requests as well', async () => (await second.answererOf('fraud')) === '4');
    await until('it knows what the first one has seen', async () => {
      await first.answererOf('fraud');
      const { body } = await second.api('GET models/fraud/rollout');
      return body.requests > 0 && body.held_ms > 0;
    });
    const refused = await second.api('POST models/fraud/rollout/abort', {});
    expect([refused.status, refused.body.error.message]).toEqual([503, expect.stringMatching(IN_USE)]);
    expect((await second.api('GET models/fraud/rollout')).body.state).toBe('holding');

    const seen = (await first.api('GET models/fraud/rollout')).body;
    await first.stop();
    let now = seen;
    await until('the second counts', async () => {
      await second.answererOf('fraud');
      now = (await second.api('GET models/fraud/rollout')).body;
      return now.requests > seen.requests;
    });
    expect(now).toMatchObject({ id: seen.id, state: 'holding', step: 1, weight: 50 });
    expect(now.held_ms).toBeGreaterThanOrEqual(seen.held_ms);
    expect((await second.api('POST models/fraud/rollout/promote', {})).body.state).toBe('done');
    await until('it is promoted', async () => (await second.answererOf('fraud')) === '4');
    expect((await second.api('GET models/fraud/rollout/history')).body.rollouts).toHaveLength(1);
  });
});

it('keys that the command line makes apply in a server that runs, also where they are the first thing in its store', async () => {
  await using server = await serve();
  admin = await createKey('admin', 'admin');
  await until('the first one is known', async () => (await server.statusOf(admin)) === 200);
  const app = await createKey('app', 'caller');
  await until('the second one is known', async () => (await server.statusOf(app)) === 200);
  expect((await server.api('POST keys/app/revoke')).status).toBe(200);
  expect(await server.statusOf(app)).toBe(401);
});
