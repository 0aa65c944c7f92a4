import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { forEachConcurrently } from '../harness/concurrency.js';
import { HttpClient } from '../harness/http.js';
import { installLocale } from '../harness/locale.js';
import { emptyFolder } from '../harness/paths.js';
import { installPython } from '../harness/python.js';
import { startServer } from '../harness/server.js';
import { Tally } from '../harness/tally.js';
import { type NodeCase, readCases } from './cases.js';
import { findUnexpected, readExpected } from './expected.js';
import { judge, type Outcome } from './judge.js';
import { writeReport } from './report.js';

/** Runner processes that the models share. */
const RUNNERS = 2;
const CONCURRENCY = 8;

/** Every model in one server, each asked once in binary and once in JSON. */
export async function run(): Promise<number> {
  // The same files, byte for byte, as Debian's libonnx-testdata 1.17; pip has them for every system.
  const { packages } = installPython();
  const cases = readCases(path.join(packages, 'onnx/backend/test/data/node'));
  const folder = emptyFolder('onnx-node');
  const args = [writeRepository(folder, cases), '--config', writeSettings(folder)];
  const server = await startServer(args, { LOCPATH: installLocale() });
  const client = new HttpClient(server.url, CONCURRENCY);
  const tally = new Tally();
  try {
    const outcomes = await judgeAll(client, cases);
    const expected = readExpected();
    for (const surprise of findUnexpected(outcomes, expected)) tally.fail(surprise);
    tally.pass(outcomes.filter(({ kind }) => kind === 'passed').length);
    const summary = writeReport(folder, { outcomes, expected, startMs: server.startMs });
    console.log(summary);
  } finally {
    client.close();
    tally.check((await server.stop()) === 0, `the server did not end well: ${server.lastWords()}`);
  }
  return tally.close();
}

function writeRepository(folder: string, cases: readonly NodeCase[]): string {
  const repository = path.join(folder, 'models');
  for (const [index, { name, modelFile }] of cases.entries()) {
    mkdirSync(path.join(repository, name, '1'), { recursive: true });
    copyFileSync(modelFile, path.join(repository, name, '1/model.onnx'));
    writeFileSync(path.join(repository, name, 'model.yaml'), `instances: { runner: shared-${index % RUNNERS} }\n`);
  }
  return repository;
}

function writeSettings(folder: string): string {
  const file = path.join(folder, 'millrace.yaml');
  writeFileSync(file, JSON.stringify({ engine: { maxInstances: 4096 }, telemetry: { logLevel: 'error' } }));
  return file;
}

async function judgeAll(client: HttpClient, cases: readonly NodeCase[]): Promise<readonly Outcome[]> {
  const index = JSON.parse((await client.send({ method: 'POST', path: '/v2/repository/index' })).body.toString()) as {
    readonly name: string;
    readonly state: string;
    readonly reason?: string;
  }[];
  const states = new Map(index.map((entry) => [entry.name, entry]));
  const outcomes: Outcome[] = [];
  await forEachConcurrently(cases, CONCURRENCY, async (test) => {
    const state = states.get(test.name);
    outcomes.push(await judge(client, test, state?.state === 'READY' ? undefined : (state?.reason ?? 'not found')));
  });
  return outcomes.sort((a, b) => (a.name < b.name ? -1 : 1));
}
