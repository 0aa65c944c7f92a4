import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { constants, getPriority } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { PartialSettings } from '../../src/config/index.js';
import type { AppServer } from '../support/app-server.js';
import { FREE_PORTS, startCli } from '../support/cli-process.js';
import { echoModel, startControlServer } from '../support/control-fixture.js';
import { createTempFolder, type FolderContents } from '../support/model-folder.js';
import { until } from '../support/until.js';

const ECHO = { 'echo/1/': '', 'echo/model.yaml': echoModel() };
const inputs = [{ name: 'x', datatype: 'INT32', shape: [1], data: [7] }];
const LATER = { 'content-type': 'application/json', prefer: 'respond-async' };

let server: AppServer | undefined;
afterEach(async () => {
  await server?.[Symbol.asyncDispose]();
  server = undefined;
});

async function start(models: FolderContents, settings: PartialSettings = {}) {
  server = await startControlServer(settings, models);
  const { send, folder } = server;
  const ask = async (line: string, { body = '', headers = {} } = {}) => {
    const { status, headers: answered, body: bytes } = await send(line, body, headers);
    return { status, retryAfter: answered['retry-after'], json: JSON.parse(bytes.toString()) };
  };
  return {
    folder,
    send,
    ask,
    submit: (model: string, request: object = {}) =>
      ask(`POST /v2/models/${model}/infer`, { body: JSON.stringify({ inputs, ...request }), headers: LATER }),
    ended: (id: string) => ask(`GET /millrace/v1/jobs/${id}`, { headers: { prefer: 'wait=60' } }),
  };
}

describe('a job whose version is gone when it starts', () => {
  const TWO = { 'echo/1/': '', 'echo/2/': '', 'echo/model.yaml': echoModel('versions: all') };
  async function withoutItsVersion(missingModel: 'fail' | 'latest') {
    const { ask, send, submit, ended, folder } = await start(TWO, { jobs: { missingModel } });
    expect(await ask('POST /millrace/v1/job-queues/echo/pause')).toMatchObject({ status: 200 });
    const { json } = await submit('echo/versions/2');
    await rm(path.join(folder.path, 'echo/2'), { recursive: true });
    await send('POST /v2/repository/models/echo/load');
    await ask('POST /millrace/v1/job-queues/echo/resume');
    return ended(json.id);
  }

  it('fails', async () => {
    const { status, json } = await withoutItsVersion('fail');
    expect([status, json.error]).toEqual([404, "Request for unknown model: 'echo' version 2 is not at ready state"]);
  });

  it('is run by the version that answers for the model, where `jobs.missingModel` says so', async () => {
    expect(await withoutItsVersion('latest')).toMatchObject({ status: 200, json: { model_version: '1' } });
  });
});

describe('a job is refused', () => {
  it('where its caller has as many as it may have', async () => {
    const { ask, submit } = await start(ECHO, { jobs: { maxOpenPerPrincipal: 2 } });
    expect(await ask('POST /millrace/v1/job-queues/echo/pause')).toMatchObject({ status: 200 });
    await submit('echo');
    await submit('echo');
    expect(await submit('echo')).toMatchObject({
      status: 503,
      retryAfter: '30',
      json: {
        error: 'the job cannot be stored: the caller has 2 jobs that have not ended (jobs.maxOpenPerPrincipal)',
      },
    });
  });

  it('where its request belongs to a sequence', async () => {
    const { submit } = await start(ECHO);
    expect(await submit('echo', { parameters: { sequence_id: 3, sequence_start: true } })).toMatchObject({
      status: 400,
      json: { error: 'a request of a sequence cannot run as a job' },
    });
  });

  it('where a tensor of it lies in shared memory', async () => {
    const { submit } = await start(ECHO, { sharedMemory: { enabled: true } });
    const shared = { parameters: { shared_memory_region: 'r', shared_memory_byte_size: 4 } };
    expect(await submit('echo', { inputs: [{ name: 'x', datatype: 'INT32', shape: [1], ...shared }] })).toMatchObject({
      status: 400,
      json: { error: 'a request with tensors in shared memory cannot run as a job' },
    });
  });
});

it('a job runs in an instance for the background, whose runner has the lowest priority of the system', async () => {
  const { ask, submit, ended } = await start({
    'nice/model.yaml': 'instances: { background: 1 }\n',
    'nice/1/model.js': `import { getPriority } from 'node:os';
export default {
  inputs: { x: 'INT32[1]' },
  outputs: { niceness: 'INT32[1]' },
  infer: () => ({ niceness: [getPriority()] }),
};
`,
  });
  const atOnce = await ask('POST /v2/models/nice/infer', { body: JSON.stringify({ inputs }) });
  const { json } = await submit('nice');
  const later = await ended(json.id);
  const niceness = [atOnce, later].map((answer) => answer.json.outputs[0].data[0]);
  expect(niceness).toEqual([getPriority(), constants.priority.PRIORITY_LOW]);
});

it('a job that runs when the server is ended runs again when it is back, and has its answer', async () => {
  await using folder = await createTempFolder({
    'models/slow/1/model.js': `import { existsSync, writeFileSync } from 'node:fs';
export default {
  inputs: { x: 'INT32[1]' },
  outputs: { x: 'INT32[1]' },
  async infer({ inputs }) {
    if (!existsSync('ran')) {
      writeFileSync('ran', '');
      await new Promise(() => undefined);
    }
    return { x: inputs.x.data };
  },
};
`,
    'millrace.yaml': 'repository: { paths: [./models] }\nserver: { gracePeriodMs: 100 }\n',
  });
  const serve = async () => {
    const cli = startCli(['serve', ...FREE_PORTS, '--json'], { cwd: folder.path });
    const { http } = await cli.nextEvent();
    await cli.nextEvent();
    return { cli, url: `${http}` };
  };
  const first = await serve();
  const submitted = await fetch(`${first.url}/v2/models/slow/infer`, {
    method: 'POST',
    headers: LATER,
    body: JSON.stringify({ inputs }),
  });
  const location = submitted.headers.get('location');
  await until('the model runs', () => existsSync(path.join(folder.path, 'ran')));
  first.cli.child.kill('SIGTERM');
  expect(await first.cli.ended).toMatchObject({ exit: 0 });

  const second = await serve();
  await using _ended = second.cli;
  const answer = await fetch(`${second.url}${location}`, { headers: { prefer: 'wait=60' } });
  expect([answer.status, await answer.json()]).toMatchObject([200, { outputs: [{ data: [7] }] }]);
  const status = await fetch(`${second.url}${location}/status`);
  expect(await status.json()).toMatchObject({ state: 'succeeded', attempts: 1 });
});
