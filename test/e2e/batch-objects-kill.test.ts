import { readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { type CliProcess, FREE_PORTS, startCli } from '../support/cli-process.js';
import { createTempFolder } from '../support/model-folder.js';
import { type ObjectDouble, startObjectDouble } from '../support/object-double.js';
import { type Ask, asking, endOf } from '../support/openai-files.js';
import { until } from '../support/until.js';

const ECHO =
  'runtime: echo\ninputs: [{ name: x, datatype: FP32, shape: [-1, 1200] }]\noutputs: [{ name: x, datatype: FP32, shape: [-1, 1200] }]\ninstances: { placement: inline }\n';
const INFER = '/v2/models/echo/infer';
/** Together more than one part of an upload. */
const LINES = 2_000;
const REQUEST = {
  inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 1_200], data: Array.from({ length: 1_200 }, (_, at) => at / 8) }],
};
const IDS = Array.from({ length: LINES }, (_, at) => `line-${at}`);
const ROWS = IDS.map((id) => JSON.stringify({ custom_id: id, method: 'POST', url: INFER, body: REQUEST })).join('\n');

/** A promise that a test resolves. */
function signal() {
  let send: () => void = () => undefined;
  const sent = new Promise<void>((resolve) => {
    send = resolve;
  });
  return { send, sent };
}

/** Starts servers with the same store, one after the other, which read and write the objects. */
async function servers(objects: ObjectDouble) {
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
  const start = async (): Promise<{ readonly server: CliProcess; readonly ask: Ask }> => {
    const runBy = ['env', 'AWS_ACCESS_KEY_ID=AKIDTEST', 'AWS_SECRET_ACCESS_KEY=secret-of-test'];
    const flags = ['serve', path.join(folder.path, 'models'), '--json', ...FREE_PORTS, '--config', config];
    const server = startCli(flags, { runBy });
    for (;;) {
      const { event, http } = await server.nextEvent();
      if (event === 'listening') return { server, ask: asking(Number(new URL(String(http)).port)) };
    }
  };
  const contents = () => readdir(path.join(folder.path, 'store-files')).catch(() => []);
  return { start, contents };
}

const created = async (ask: Ask): Promise<string> => {
  const json = { input_file_id: 's3://data/in/', endpoint: INFER, completion_window: '24h' };
  const { status, json: batch } = await ask('batches', { json: { ...json, output_prefix: 's3://data/out/' } });
  expect(status).toBe(200);
  return batch.id;
};

async function kill({ child, ended }: CliProcess): Promise<void> {
  child.kill('SIGKILL');
  expect((await ended).exit).toBe('SIGKILL');
}

const idsIn = (text = '') =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line).custom_id);

it('a server that is killed while results are written as an object writes them again, each once', async () => {
  const written = signal();
  let isKilled = false;
  // The first writer never gets its answer.
  await using objects = await startObjectDouble({
    async stored() {
      if (isKilled) return;
      written.send();
      await new Promise(() => undefined);
    },
  });
  objects.objects.set('/data/in/rows.jsonl', ROWS);
  const { start } = await servers(objects);
  const { server, ask } = await start();
  const id = await created(ask);
  await written.sent;
  isKilled = true;
  await kill(server);
  // The batch reads its copy.
  objects.objects.delete('/data/in/rows.jsonl');
  const output = `/data/out/${id}_output.jsonl`;
  expect(objects.openUploads).toEqual([output]);

  const again = await start();
  await using _ = again.server;
  const batch = await endOf(again.ask, id);
  expect(batch).toMatchObject({ status: 'completed', request_counts: { total: LINES, completed: LINES, failed: 0 } });
  expect([...objects.objects.keys()]).toEqual([output]);
  expect(idsIn(objects.objects.get(output))).toEqual(IDS);
  const begun = objects.asked.filter((request) => request === `POST ${output}?uploads=`);
  expect(begun).toHaveLength(2);
  expect(objects.openUploads).toEqual([]);
});

it('a server that is killed while objects are copied copies them again, and leaves nothing of the first copy', async () => {
  const halfCopied = signal();
  let isKilled = false;
  await using objects = await startObjectDouble({
    async halfRead() {
      if (isKilled) return;
      halfCopied.send();
      await new Promise(() => undefined);
    },
  });
  objects.objects.set('/data/in/rows.jsonl', ROWS);
  const { start, contents } = await servers(objects);
  const { server, ask } = await start();
  const id = await created(ask);
  await halfCopied.sent;
  await until('a part of the copy is on the disk', async () => (await contents()).length === 1);
  isKilled = true;
  await kill(server);
  const [first] = await contents();

  const again = await start();
  await using _ = again.server;
  const batch = await endOf(again.ask, id);
  expect(batch).toMatchObject({ status: 'completed', request_counts: { total: LINES, completed: LINES, failed: 0 } });
  expect(idsIn(objects.objects.get(`/data/out/${id}_output.jsonl`))).toEqual(IDS);
  await until('no content is left', async () => (await contents()).length === 0);
  expect(await contents()).not.toContain(first);
});
