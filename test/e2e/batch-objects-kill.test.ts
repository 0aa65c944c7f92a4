import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { FREE_PORTS, startCli } from '../support/cli-process.js';
import { createTempFolder } from '../support/model-folder.js';
import { startObjectDouble } from '../support/object-double.js';
import { asking, endOf } from '../support/openai-files.js';

const ECHO =
  'runtime: echo\ninputs: [{ name: x, datatype: FP32, shape: [-1, 1200] }]\noutputs: [{ name: x, datatype: FP32, shape: [-1, 1200] }]\ninstances: { placement: inline }\n';
const URL = '/v2/models/echo/infer';
/** Together more than one part of an upload. */
const LINES = 2_000;
const REQUEST = {
  inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 1_200], data: Array.from({ length: 1_200 }, (_, at) => at / 8) }],
};

it('a server that is killed while results are written as an object writes them again, each once', async () => {
  let resolveWritten: () => void = () => undefined;
  const written = new Promise<void>((resolve) => {
    resolveWritten = resolve;
  });
  let isKilled = false;
  // The first writer never gets its answer.
  await using objects = await startObjectDouble(async () => {
    if (isKilled) return;
    resolveWritten();
    await new Promise(() => undefined);
  });
  const lines = Array.from({ length: LINES }, (_, at) =>
    JSON.stringify({ custom_id: `line-${at}`, method: 'POST', url: URL, body: REQUEST }),
  );
  objects.objects.set('/data/in/rows.jsonl', lines.join('\n'));
  const folder = await createTempFolder({ 'models/echo/model.yaml': ECHO, 'models/echo/1/': '' });
  onTestFinished(() => folder[Symbol.asyncDispose]());
  const config = path.join(folder.path, 'millrace.yaml');
  const allow = (prefix: string) => ({ allow: [{ principal: '*', prefixes: [prefix] }] });
  await writeFile(
    config,
    JSON.stringify({
      store: { path: path.join(folder.path, 'store.db') },
      objectStore: { endpoint: objects.url },
      jobs: { inputs: allow('s3://data/in/'), outputs: allow('s3://data/out/') },
    }),
  );
  const start = async () => {
    const runBy = ['env', 'AWS_ACCESS_KEY_ID=AKIDTEST', 'AWS_SECRET_ACCESS_KEY=secret-of-test'];
    const server = startCli(['serve', path.join(folder.path, 'models'), '--json', ...FREE_PORTS, '--config', config], {
      runBy,
    });
    for (;;) {
      const { event, http } = await server.nextEvent();
      if (event === 'listening') return { server, ask: asking(Number(new globalThis.URL(String(http)).port)) };
    }
  };

  const { server, ask } = await start();
  const json = { input_file_id: 's3://data/in/', endpoint: URL, completion_window: '24h' };
  const created = await ask('batches', { json: { ...json, output_prefix: 's3://data/out/' } });
  expect(created.status).toBe(200);
  await written;
  isKilled = true;
  server.child.kill('SIGKILL');
  expect((await server.ended).exit).toBe('SIGKILL');
  // The batch reads its copy.
  objects.objects.delete('/data/in/rows.jsonl');

  const again = await start();
  await using _ = again.server;
  const batch = await endOf(again.ask, created.json.id);
  expect(batch).toMatchObject({ status: 'completed', request_counts: { total: LINES, completed: LINES, failed: 0 } });
  const output = `/data/out/${created.json.id}_output.jsonl`;
  expect([...objects.objects.keys()]).toEqual([output]);
  const results = (objects.objects.get(output) ?? '').trimEnd().split('\n');
  expect(results.map((line) => JSON.parse(line).custom_id)).toEqual(
    Array.from({ length: LINES }, (_, at) => `line-${at}`),
  );
  const begun = objects.asked.filter((request) => request === `POST ${output}?uploads=`);
  expect(begun).toHaveLength(2);
});
