import { readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { HttpClient } from '../harness/http.js';
import { emptyFolder, inRoot } from '../harness/paths.js';
import { startServer } from '../harness/server.js';
import { Tally } from '../harness/tally.js';
import { copyTritonModels } from '../harness/triton-repository.js';
import { readCases, type TritonCase } from './cases.js';
import { checkAnswer } from './check.js';
import { createRegions } from './regions.js';
import { type RepositoryStep, repositorySteps } from './repository-steps.js';

const UNLOAD_LIMIT_MS = 10_000;
const INDEX_INTERVAL_MS = 20;

export async function run(): Promise<number> {
  const folder = emptyFolder('triton');
  const repository = copyTritonModels(path.join(folder, 'models'));
  const tally = new Tally();
  const flags = ['--model-control-mode', 'explicit', '--load-model', '*', '--allow-client-shm'];
  // As the exchanges were recorded.
  const forward = ['--http-header-forward-pattern', '^x-fwd', '--grpc-header-forward-pattern', '^x-fwd'];
  const args = [repository, ...flags, ...forward];
  const server = await startServer(args);
  const regions = createRegions();
  const clients = { http: new HttpClient(server.url), metrics: new HttpClient(server.metricsUrl) };
  try {
    for (const each of readCases(regions.prefix)) {
      const problem = await replay(clients[each.port ?? 'http'], each);
      tally.check(problem === undefined, `${each.name}: ${problem}`);
    }
    const steps = repositorySteps(repository);
    for (const each of steps) {
      each.before?.();
      const problem = (await replay(clients.http, each)) ?? (await checkIndex(clients.http, each));
      tally.check(problem === undefined, `repository, ${each.name}: ${problem}`);
    }
    for (const row of undocumented([...readCases(regions.prefix), ...steps]))
      tally.fail(`docs/protocols.md has no row '${row}'`);
  } finally {
    clients.http.close();
    clients.metrics.close();
    regions.remove();
    tally.check((await server.stop()) === 0, `the server did not end well: ${server.lastWords()}`);
  }
  return tally.close();
}

async function replay(client: HttpClient, { request, triton, here }: TritonCase): Promise<string | undefined> {
  const { body, base64, ...rest } = request;
  const content = base64 === undefined ? body : Buffer.from(base64, 'base64');
  const answer = await client.send({ ...rest, ...(content === undefined ? {} : { body: content }) });
  const isInfer = request.path.endsWith('/infer') && answer.status === 200;
  const problem = checkAnswer(answer, here ?? triton, isInfer);
  // A difference that is none any more has to leave the documentation.
  if (problem === undefined || here === undefined || checkAnswer(answer, triton, isInfer) !== undefined) return problem;
  return 'it answers as Triton does, though a difference is announced';
}

/**
 * What is wrong with the index's entries that the step names; the request asks for all models or for the ready ones. A
 * model that was unloaded takes its time.
 */
async function checkIndex(client: HttpClient, { request, index }: RepositoryStep): Promise<string | undefined> {
  if (index === undefined) return undefined;
  const { method, path: target, body } = request;
  const giveUpAt = performance.now() + UNLOAD_LIMIT_MS;
  for (;;) {
    const answer = await client.send({ method, path: target, ...(body === undefined ? {} : { body }) });
    const entries = JSON.parse(answer.body.toString()) as readonly IndexEntry[];
    const states = new Map(entries.map((entry) => [keyOf(entry), stateOf(entry)]));
    const [wrong] = Object.entries(index).filter(([key, state]) => states.get(key) !== state);
    if (wrong === undefined) return undefined;
    const [key, state] = wrong;
    if (performance.now() > giveUpAt) return `${key} is ${states.get(key)} instead of ${state}`;
    await setTimeout(INDEX_INTERVAL_MS);
  }
}

interface IndexEntry {
  readonly name: string;
  readonly version?: string;
  readonly state?: string;
  readonly reason?: string;
}

function keyOf({ name, version }: IndexEntry): string {
  return version === undefined ? name : `${name}/${version}`;
}

function stateOf({ state, reason }: IndexEntry): string {
  return reason === undefined ? String(state) : `${state}: ${reason}`;
}

/** Differences that are announced in the table and not in the documentation. */
function undocumented(cases: readonly TritonCase[]): readonly string[] {
  const firstColumns = readFileSync(inRoot('docs/protocols.md'), 'utf8')
    .split('\n')
    .map((line) => /^\| (.*?) \|/.exec(line)?.[1]);
  const rows = new Set(cases.flatMap(({ here }) => (here === undefined ? [] : [here.row])));
  return [...rows].filter((row) => !firstColumns.includes(row));
}
