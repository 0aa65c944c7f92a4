import { copyFileSync, linkSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { findDifference, largestDifference, type Tolerance } from '../harness/compare.js';
import { forEachConcurrently } from '../harness/concurrency.js';
import { HttpClient } from '../harness/http.js';
import { type InferResult, infer } from '../harness/infer.js';
import { emptyFolder } from '../harness/paths.js';
import { type Plan, type PlannedRequest, readPlan } from '../harness/plan.js';
import { installPython } from '../harness/python.js';
import { startServer } from '../harness/server.js';
import { Tally } from '../harness/tally.js';
import { findModels, type ModelFile } from './models.js';

const CLIENTS = 6;
const MAX_BATCH_SIZE = 64;
/** Longer than a round trip, so that requests of several clients meet in one batch. */
const MAX_QUEUE_DELAY_MS = 5;
const REFERENCE_LIMIT_MS = 600_000;
/** Larger requests would mostly measure how fast JSON is. */
const MAX_JSON_BYTES = 100_000;
/** What another order of summing makes of 32-bit floats. */
const TOLERANCE: Tolerance = { relative: 1e-4, absolute: 1e-5 };

/** Every answer of the server against Python's, model by model; writes a report of what was compared. */
export async function run(): Promise<number> {
  const folder = emptyFolder('python-onnxruntime');
  const tally = new Tally();
  const models = findModels(process.env.MILLRACE_TEST_MODELS);
  const pairs = models.map(({ name, file }) => `${name}=${file}`);
  const { ok, output } = await installPython().run(
    'python-onnxruntime/reference.py',
    [folder, ...pairs],
    REFERENCE_LIMIT_MS,
  );
  if (!ok) throw new Error(`no reference: ${output}`);
  const server = await startServer([writeRepository(folder, models), '--log-level', 'error']);
  const client = new HttpClient(server.url, CLIENTS);
  const rows: string[] = [];
  try {
    for (const { name } of models) rows.push(await compareModel(client, { name, plan: readPlan(folder, name) }, tally));
  } finally {
    client.close();
    tally.check((await server.stop()) === 0, `the server did not end well: ${server.lastWords()}`);
  }
  const head =
    '| model | requests | rows | executions | largest difference | not batched because |\n|---|---|---|---|---|---|';
  writeFileSync(path.join(folder, 'report.md'), `${head}\n${rows.join('\n')}\n`);
  return tally.close();
}

function writeRepository(folder: string, models: readonly ModelFile[]): string {
  const repository = path.join(folder, 'models');
  for (const { name, file } of models) {
    mkdirSync(path.join(repository, name, '1'), { recursive: true });
    linkOrCopy(file, path.join(repository, name, '1/model.onnx'));
    const { whyNotBatched } = readPlan(folder, name);
    const batching = { enabled: true, maxQueueDelayMs: MAX_QUEUE_DELAY_MS };
    const config = whyNotBatched === undefined ? { maxBatchSize: MAX_BATCH_SIZE, batching } : { maxBatchSize: 0 };
    writeFileSync(path.join(repository, name, 'model.yaml'), JSON.stringify(config));
  }
  return repository;
}

function linkOrCopy(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch {
    copyFileSync(from, to);
  }
}

interface Subject {
  readonly name: string;
  readonly plan: Plan;
}

/** All requests of a model by several clients at once, each answer compared with its own request's; gives a row of the report. */
async function compareModel(client: HttpClient, { name, plan }: Subject, tally: Tally): Promise<string> {
  let largest = 0;
  await forEachConcurrently(plan.requests, CLIENTS, async (request, index) => {
    const answer = await ask(client, name, { request, preferJson: index % 2 === 0 });
    const problem = 'error' in answer ? answer.error : findDifference(answer.outputs, request.outputs, TOLERANCE);
    tally.check(problem === undefined, `${name}, ${request.rows} rows: ${problem}`);
    if ('outputs' in answer) largest = Math.max(largest, largestDifference(answer.outputs, request.outputs));
  });
  const { requests, whyNotBatched } = plan;
  const executions = await executionsOf(client, name);
  tally.check(
    whyNotBatched === undefined ? executions < requests.length : executions >= requests.length,
    `${name}: ${requests.length} requests ran in ${executions} executions`,
  );
  const total = requests.reduce((sum, request) => sum + request.rows, 0);
  return `| ${name} | ${requests.length} | ${total} | ${executions} | ${largest.toExponential(1)} | ${whyNotBatched ?? ''} |`;
}

interface Asking {
  readonly request: PlannedRequest;
  readonly preferJson: boolean;
}

/** In JSON where wished and small enough, so that both decoders take part in batches. */
function ask(client: HttpClient, model: string, { request, preferJson }: Asking): Promise<InferResult> {
  const { inputs } = request;
  const bytes = inputs.reduce((sum, { data }) => sum + data.length, 0);
  const format = preferJson && bytes < MAX_JSON_BYTES ? 'json' : 'binary';
  return infer(client, { model, inputs }, { input: format, output: format });
}

async function executionsOf(client: HttpClient, model: string): Promise<number> {
  const { body } = await client.send({ path: `/v2/models/${model}/stats` });
  const { model_stats } = JSON.parse(body.toString()) as {
    readonly model_stats: { readonly execution_count: number }[];
  };
  return model_stats[0]?.execution_count ?? 0;
}
