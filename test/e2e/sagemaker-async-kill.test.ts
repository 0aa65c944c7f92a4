import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { FREE_PORTS, startCli } from '../support/cli-process.js';
import { createTempFolder } from '../support/model-folder.js';
import { startObjectDouble } from '../support/object-double.js';

const ECHO =
  'runtime: echo\ninputs: [{ name: x, datatype: FP32, shape: [-1, 2] }]\noutputs: [{ name: x, datatype: FP32, shape: [-1, 2] }]\ninstances: { placement: inline }\n';

it('a server that is killed between the write of an answer and the end of its job writes the same object again', async () => {
  let resolveWritten: () => void = () => undefined;
  const written = new Promise<void>((resolve) => {
    resolveWritten = resolve;
  });
  let isKilled = false;
  // The first writer never gets its answer.
  await using objects = await startObjectDouble({
    stored: async () => {
      if (isKilled) return;
      resolveWritten();
      await new Promise(() => undefined);
    },
  });
  const folder = await createTempFolder({ 'models/echo/model.yaml': ECHO, 'models/echo/1/': '' });
  onTestFinished(() => folder[Symbol.asyncDispose]());
  const config = path.join(folder.path, 'millrace.yaml');
  await writeFile(
    config,
    JSON.stringify({
      store: { path: path.join(folder.path, 'store.db') },
      objectStore: { endpoint: objects.url },
      jobs: { outputs: { allow: [{ principal: '*', prefixes: ['s3://data/out/'] }] }, retryBackoffMs: 10 },
      sagemaker: { enabled: true, asyncOutput: 's3://data/out/' },
    }),
  );
  const start = async () => {
    const runBy = ['env', 'AWS_ACCESS_KEY_ID=AKIDTEST', 'AWS_SECRET_ACCESS_KEY=secret-of-test'];
    const server = startCli(['serve', path.join(folder.path, 'models'), '--json', ...FREE_PORTS, '--config', config], {
      runBy,
    });
    onTestFinished(() => server[Symbol.asyncDispose]());
    const { http } = await server.nextEvent();
    // The models are not known before this.
    expect(await server.nextEvent()).toMatchObject({ event: 'ready' });
    return { server, url: String(http) };
  };

  const { server, url } = await start();
  const body = '{"instances":[[1,2]]}';
  const headers = { 'x-amzn-sagemaker-content-type': 'application/json' };
  const accepted = await fetch(`${url}/endpoints/echo/async-invocations`, { method: 'POST', body, headers });
  expect(accepted.status).toBe(202);
  await written;
  isKilled = true;
  server.child.kill('SIGKILL');
  expect((await server.ended).exit).toBe('SIGKILL');

  const again = await start();
  const status = await fetch(`${again.url}${accepted.headers.get('location')}/status`, {
    headers: { prefer: 'wait=30' },
  });
  expect(await status.json()).toMatchObject({ state: 'succeeded', attempts: 2 });
  const output = `/${accepted.headers.get('x-amzn-sagemaker-outputlocation')?.slice('s3://'.length)}`;
  expect(objects.asked).toEqual([`PUT ${output}`, `PUT ${output}`]);
  expect([...objects.objects]).toEqual([[output, '{"predictions":[[1.0,2.0]]}']]);
});
