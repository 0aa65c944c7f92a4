import { Agent, request } from 'node:http';
import { expect, it } from 'vitest';
import { FREE_PORTS, startCli } from '../support/cli-process.js';
import { createTempFolder } from '../support/model-folder.js';

const JOBS = 20_000;
/** Requests that are under way at once. */
const LANES = 64;
/** A server lives so long once it serves. */
const LIFE_MS = 2_000;
const WAITING = { prefer: 'wait=60' };

const FILES = {
  'models/double/model.yaml': 'maxBatchSize: 64\n',
  'models/double/1/model.js': `export default {
  inputs: { x: 'FP32[-1,1]' },
  outputs: { y: 'FP32[-1,1]' },
  pure: true,
  infer: ({ inputs }) => ({ y: inputs.x.data.map((value) => 2 * value) }),
};
`,
  // A job that happens to run at each kill is no poison.
  'millrace.yaml': `repository: { paths: [./models] }
jobs: { maxOpenPerPrincipal: 100000, maxAttempts: 100 }
telemetry: { accessLog: false }
`,
};

const bodyOf = (value: number) =>
  JSON.stringify({ inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 1], data: [value] }] });

interface Answer {
  readonly status: number;
  readonly text: string;
}

/** A server that asks `folder` for its settings, and how to ask it. */
async function serve(folder: string) {
  const cli = startCli(['serve', ...FREE_PORTS, '--json'], { cwd: folder });
  const { http } = await cli.nextEvent();
  await cli.nextEvent();
  const agent = new Agent({ keepAlive: true, maxSockets: LANES });
  const ask = (method: string, path: string, { headers = {}, body = '' } = {}): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const all = { ...headers, 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
      const asked = request(new URL(path, String(http)), { method, agent, headers: all }, (response) => {
        let text = '';
        response.on('data', (chunk: Buffer) => {
          text += chunk.toString();
        });
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
        response.on('error', reject);
      });
      asked.on('error', reject);
      asked.end(body);
    });
  return { cli, ask, close: () => agent.destroy() };
}

type Ask = Awaited<ReturnType<typeof serve>>['ask'];

/** Does it for each of the values, many at a time, until all are done or `stopped` says so. */
async function forEach(values: Iterable<number>, stopped: () => boolean, work: (value: number) => Promise<void>) {
  const iterator = values[Symbol.iterator]();
  const lane = async () => {
    for (let next = iterator.next(); next.done !== true && !stopped(); next = iterator.next()) await work(next.value);
  };
  await Promise.all(Array.from({ length: LANES }, lane));
}

/** Submits what has no id yet. A submission whose answer the kill has cut off is sent again with the same key. */
async function submit(ask: Ask, ids: Map<number, string>, stopped: () => boolean): Promise<void> {
  const left = Array.from({ length: JOBS }, (_, value) => value).filter((value) => !ids.has(value));
  await forEach(left, stopped, async (value) => {
    const headers = { prefer: 'respond-async', 'idempotency-key': `value-${value}` };
    const answer = await ask('POST', '/v2/models/double/infer', { headers, body: bodyOf(value) }).catch(
      () => undefined,
    );
    if (answer === undefined) return;
    expect(answer).toMatchObject({ status: 202 });
    ids.set(value, JSON.parse(answer.text).id);
  });
}

/** Runs until it is killed, {@link LIFE_MS} after it serves. */
async function liveAndDie(folder: string, ids: Map<number, string>): Promise<void> {
  const { cli, ask, close } = await serve(folder);
  let isOver = false;
  const killed = new Promise<void>((resolve) => {
    setTimeout(() => {
      isOver = true;
      cli.child.kill('SIGKILL');
      resolve();
    }, LIFE_MS);
  });
  await Promise.all([submit(ask, ids, () => isOver), killed]);
  expect(await cli.ended).toMatchObject({ exit: 'SIGKILL' });
  close();
}

it(`${JOBS} jobs have one right answer each, although the server is killed again and again`, async () => {
  await using folder = await createTempFolder(FILES);
  const ids = new Map<number, string>();
  let deaths = 0;
  for (; ids.size < JOBS || deaths < 5; deaths++) await liveAndDie(folder.path, ids);

  const { cli, ask, close } = await serve(folder.path);
  await using _ended = cli;
  expect(new Set(ids.values()).size).toBe(JOBS);
  const atOnce = await ask('POST', '/v2/models/double/infer', { body: bodyOf(7) });
  expect(await ask('GET', `/millrace/v1/jobs/${ids.get(7)}`, { headers: WAITING })).toEqual(atOnce);
  const wrong: string[] = [];
  await forEach(
    ids.keys(),
    () => false,
    async (value) => {
      const { status, text } = await ask('GET', `/millrace/v1/jobs/${ids.get(value)}`, { headers: WAITING });
      const right = status === 200 && JSON.parse(text).outputs[0].data[0] === 2 * value;
      if (!right) wrong.push(`${value}: ${status} ${text}`);
    },
  );
  expect(wrong).toEqual([]);
  // No job that was stored twice, or of which no submission knows.
  let stored = 0;
  for (let after = ''; ; ) {
    const { jobs, next } = JSON.parse((await ask('GET', `/millrace/v1/jobs?limit=1000${after}`)).text);
    stored += jobs.length;
    if (next === undefined) break;
    after = `&after=${next}`;
  }
  expect(stored).toBe(JOBS);
  expect(deaths).toBeGreaterThanOrEqual(5);
  close();
});
