import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { findDifference, type Tolerance } from '../harness/compare.js';
import { HttpClient } from '../harness/http.js';
import { type Format, infer } from '../harness/infer.js';
import { installLocale } from '../harness/locale.js';
import { emptyFolder, inRoot } from '../harness/paths.js';
import { type PlannedRequest, readPlan } from '../harness/plan.js';
import { installPython } from '../harness/python.js';
import { startServer } from '../harness/server.js';
import { Tally } from '../harness/tally.js';
import { isBinaryOnly, type WireTensor } from '../harness/tensor.js';
import { type Expectation, readExpectations } from './expected.js';

const MAKE_LIMIT_MS = 600_000;
/** What another order of summing makes of 32-bit floats. */
const TOLERANCE: Tolerance = { relative: 1e-4, absolute: 1e-5 };

/** Every odd model in one server: its answers are Python's, or the reason of its refusal is the expected one. */
export async function run(): Promise<number> {
  const folder = emptyFolder('odd-models');
  // Operators that change the case of texts take the system's rules for it.
  const locales = installLocale();
  const page = inRoot('docs/exporting.md');
  const made = await installPython('odd-models/requirements.txt').run(
    'odd-models/make.py',
    [folder, page, locales],
    MAKE_LIMIT_MS,
  );
  if (!made.ok) throw new Error(`the models could not be made: ${made.output}`);
  const repository = path.join(folder, 'models');
  const server = await startServer([repository, '--log-level', 'error'], { LOCPATH: locales });
  const client = new HttpClient(server.url);
  const tally = new Tally();
  try {
    await judgeAll({ client, folder, tally, names: readdirSync(repository).sort() });
  } finally {
    client.close();
    tally.check((await server.stop()) === 0, `the server did not end well: ${server.lastWords()}`);
  }
  return tally.close();
}

interface Subject {
  readonly client: HttpClient;
  /** Where the requests and answers lie. */
  readonly folder: string;
  readonly tally: Tally;
}

async function judgeAll({ names, ...subject }: Subject & { readonly names: readonly string[] }): Promise<void> {
  const expectations = new Map(Object.entries(readExpectations()));
  const states = await readIndex(subject.client);
  for (const name of names) {
    const expected = expectations.get(name);
    const state = states.get(name);
    const problem =
      expected === undefined
        ? `expected.json does not say what becomes of it; it is ${state?.state}: ${state?.reason}`
        : await findProblem(subject, { name, expected, refusal: state?.state === 'READY' ? undefined : state?.reason });
    subject.tally.check(problem === undefined, `${name}: ${problem}`);
  }
  for (const name of expectations.keys()) {
    if (!names.includes(name)) subject.tally.fail(`${name}: there is no such model`);
  }
}

interface IndexEntry {
  readonly name: string;
  readonly state: string;
  readonly reason?: string;
}

async function readIndex(client: HttpClient): Promise<ReadonlyMap<string, IndexEntry>> {
  const { body } = await client.send({ method: 'POST', path: '/v2/repository/index' });
  return new Map((JSON.parse(body.toString()) as IndexEntry[]).map((entry) => [entry.name, entry]));
}

interface Model {
  readonly name: string;
  readonly expected: Expectation;
  /** undefined = it is served. */
  readonly refusal: string | undefined;
}

async function findProblem(
  { client, folder }: Subject,
  { name, expected, refusal }: Model,
): Promise<string | undefined> {
  if (expected.kind === 'refused') {
    return refusal === expected.reason ? undefined : `the reason is ${JSON.stringify(refusal)}`;
  }
  if (refusal !== undefined) return `it is refused: ${refusal}`;
  if (!existsSync(path.join(folder, `${name}.json`))) return "Python's ONNX Runtime does not run it";
  const ask = asker(client, name);
  for (const request of readPlan(folder, name).requests) {
    const problem = (await ask(request, 'binary')) ?? (await ask(request, 'json'));
    if (problem !== undefined) return problem;
  }
  const maxBatchSize = await readMaxBatchSize(client, name);
  if (maxBatchSize !== expected.maxBatchSize) return `max_batch_size is ${maxBatchSize}`;
  for (const [output, message] of Object.entries(expected.leftOut ?? {})) {
    const told = await askFor(client, name, output);
    if (told !== message) return `asked for '${output}' it says ${JSON.stringify(told)}`;
  }
  return undefined;
}

/** Asks a model as planned; what differs in the answer, or undefined. */
function asker(client: HttpClient, model: string) {
  return async ({ inputs, outputs }: PlannedRequest, format: Format): Promise<string | undefined> => {
    const plain = (tensors: readonly WireTensor[]) => !tensors.some(({ datatype }) => isBinaryOnly(datatype));
    const formats = { input: plain(inputs) ? format : 'binary', output: plain(outputs) ? format : 'binary' } as const;
    const answer = await infer(client, { model, inputs }, formats);
    if ('error' in answer) return `${format}: ${answer.status} ${answer.error}`;
    const difference = findDifference(answer.outputs, outputs, TOLERANCE);
    return difference === undefined ? undefined : `${format}: ${difference}`;
  };
}

async function readMaxBatchSize(client: HttpClient, name: string): Promise<number> {
  const { body } = await client.send({ path: `/v2/models/${name}/config` });
  return (JSON.parse(body.toString()) as { readonly max_batch_size: number }).max_batch_size;
}

/** What a request for one output is told. */
async function askFor(client: HttpClient, name: string, output: string): Promise<string> {
  const x = { name: 'x', datatype: 'FP32', shape: [1, 4], data: [1, 2, 3, 4] };
  const body = JSON.stringify({ inputs: [x], outputs: [{ name: output }] });
  const answer = await client.send({ path: `/v2/models/${name}/infer`, body });
  return (JSON.parse(answer.body.toString()) as { readonly error?: string }).error ?? `${answer.status}`;
}
