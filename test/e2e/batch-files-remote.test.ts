import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type AppServer, startAppServer } from '../support/app-server.js';
import { scratchFolder } from '../support/batch-files.js';
import { runCliProcess, startCli } from '../support/cli-process.js';
import { until } from '../support/until.js';

/** Adds up rows of two numbers; 13 is refused, and so is a request with a row of it. */
const SUM = `
import { defineModel, ModelError } from 'millrace/model';

export default defineModel({
  inputs: { x: 'FP32[-1,2]' },
  outputs: { y: 'FP32[-1,1]' },
  maxBatchSize: 8,
  infer({ inputs }) {
    const { data } = inputs.x;
    const sums = [];
    for (let at = 0; at < data.length; at += 2) {
      if (data[at] === 13) throw new ModelError('invalid_argument', 'x: 13 brings bad luck');
      sums.push(data[at] + data[at + 1]);
    }
    return { y: { data: Float32Array.from(sums), shape: [sums.length, 1] } };
  },
});
`;

let server: AppServer;
beforeAll(async () => {
  server = await startAppServer({ 'sum/1/model.ts': SUM });
});
afterAll(() => server[Symbol.asyncDispose]());

function writeRows(folder: string, rows: number): string {
  const file = path.join(folder, 'in.jsonl');
  const lines = Array.from({ length: rows }, (_, id) => `${JSON.stringify({ id, x: [id % 1_000, 0.5] })}\n`);
  writeFileSync(file, lines.join(''));
  return file;
}

const argvOf = (folder: string, rows: number) => [
  ...['batch', 'run', 'sum', '--url', `http://127.0.0.1:${server.port}`, '--input', writeRows(folder, rows)],
  ...['--output', path.join(folder, 'out.jsonl'), '--keep', 'id', '--map-output', 'sum=y[0]'],
];
const objects = (file: string) =>
  readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

it("a server's batches answer the rows of a file, and the row that the model refuses fails alone", {
  timeout: 60_000,
}, async () => {
  const folder = scratchFolder();
  const { exit, out, err } = await runCliProcess(...argvOf(folder, 500));
  expect({ exit, err }).toEqual({ exit: 0, err: '' });
  expect(out).toContain('rows      500, of which 499 are in the output\n');
  const rows = objects(path.join(folder, 'out.jsonl'));
  expect(rows).toEqual(Array.from({ length: 500 }, (_, id) => ({ id, sum: id + 0.5 })).filter(({ id }) => id !== 13));
  expect(objects(path.join(folder, 'out.jsonl.errors.jsonl'))).toEqual([
    { row: 14, line: 14, kind: 'model', message: 'x: 13 brings bad luck' },
  ]);
  // The server keeps nothing of it.
  const files = await fetch(`http://127.0.0.1:${server.port}/v1/files`);
  expect(await files.json()).toMatchObject({ data: [] });
});

it('a run of batches that is stopped leaves them running, and the same command goes on with them', {
  timeout: 60_000,
}, async () => {
  const folder = scratchFolder();
  const argv = argvOf(folder, 20_000);
  const manifest = path.join(folder, 'out.jsonl.millrace-batch/remote/manifest.json');
  const cli = startCli(argv);
  await until('a batch is running', () => existsSync(manifest) && readFileSync(manifest, 'utf8').includes('batch_'));
  cli.child.kill('SIGINT');
  expect(await cli.ended).toMatchObject({
    exit: 130,
    err: expect.stringContaining(
      'stopped; batches that were sent go on at the server, and the same command goes on with them\n',
    ),
  });
  const batchesOf = () =>
    fetch(`http://127.0.0.1:${server.port}/v1/batches`).then((answer) => answer.json()) as Promise<{ data: unknown[] }>;
  const before = (await batchesOf()).data.length;
  expect(await runCliProcess(...argv)).toMatchObject({ exit: 0 });
  // One more: for the rows of the requests that failed.
  expect((await batchesOf()).data.length).toBe(before + 1);
  const rows = objects(path.join(folder, 'out.jsonl'));
  expect(rows).toHaveLength(20_000 - 20);
  expect(rows.every(({ id, sum }) => sum === (id % 1_000) + 0.5)).toBe(true);
});

it('a trial asks the server at once, and a folder of photos needs --local', { timeout: 60_000 }, async () => {
  const folder = scratchFolder();
  const trial = await runCliProcess(...argvOf(folder, 50), '--dry-run', '20');
  expect(trial).toMatchObject({ exit: 0, out: expect.stringContaining('{"id": 0, "sum": 0.5}\n') });
  expect(trial.out).toContain('row 14: x: 13 brings bad luck\n');
  const url = `http://127.0.0.1:${server.port}`;
  expect(
    await runCliProcess(
      'batch',
      'run',
      'sum',
      '--url',
      url,
      '--input',
      'examples/photos',
      '--output',
      path.join(folder, 'o.csv'),
    ),
  ).toMatchObject({ exit: 2, err: 'error: a folder of pictures or sounds is run with --local\n' });
  expect(
    await runCliProcess(
      'batch',
      'run',
      'sun',
      '--url',
      url,
      '--input',
      path.join(folder, 'in.jsonl'),
      '--output',
      path.join(folder, 'o.csv'),
    ),
  ).toMatchObject({ exit: 1, err: expect.stringMatching(/^error: .*'sun'.*did you mean sum\?\n$/) });
});
