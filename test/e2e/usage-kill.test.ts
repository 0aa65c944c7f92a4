import { expect, it, onTestFinished } from 'vitest';
import { type CliProcess, FREE_PORTS, startCli } from '../support/cli-process.js';
import { echoModel } from '../support/control-fixture.js';
import { createTempFolder } from '../support/model-folder.js';
import { until } from '../support/until.js';

const ROUNDS = 3;
const CLIENTS = 6;
const KEY = 'a-key-that-is-long-enough';
const HEADERS = { 'content-type': 'application/json', authorization: `Bearer ${KEY}` };
const BODY = JSON.stringify({ inputs: [{ name: 'x', datatype: 'INT32', shape: [1], data: [7] }] });
const SETTINGS = `repository: { paths: [./models] }
auth: { keys: [{ name: shop, key: ${KEY}, scopes: [infer] }] }
`;

interface Served {
  readonly cli: CliProcess;
  readonly url: string;
}

async function serve(cwd: string): Promise<Served> {
  const cli = startCli(['serve', ...FREE_PORTS, '--json'], { cwd });
  const { http } = await cli.nextEvent();
  await cli.nextEvent();
  return { cli, url: String(http) };
}

/** Sends requests, one behind the other, until the server is gone; each answer is noted when it has come. */
async function send({ url }: Served, answeredAt: number[]): Promise<void> {
  for (;;) {
    try {
      const answer = await fetch(`${url}/v2/models/fraud/infer`, { method: 'POST', headers: HEADERS, body: BODY });
      expect(answer.status).toBe(200);
      await answer.arrayBuffer();
      answeredAt.push(performance.now());
    } catch (error) {
      if (error instanceof TypeError) return;
      throw error;
    }
  }
}

async function counted({ url }: Served): Promise<number> {
  const answer = await fetch(`${url}/millrace/v1/usage`, { headers: HEADERS });
  // biome-ignore lint/suspicious/noExplicitAny: JSON of any shape
  const body: any = await answer.json();
  return body.rows[0]?.answered ?? 0;
}

it('usage has all but what was used last where the server is killed, and nothing twice', async () => {
  const folder = await createTempFolder({
    'models/fraud/model.yaml': echoModel(),
    'models/fraud/1/': '',
    'millrace.yaml': SETTINGS,
  });
  onTestFinished(() => folder[Symbol.asyncDispose]());
  /** What the store had when the server was started. */
  let before = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const server = await serve(folder.path);
    await using _cli = server.cli;
    const kept = await counted(server);
    expect(kept).toBeGreaterThanOrEqual(before);
    const answeredAt: number[] = [];
    const clients = Array.from({ length: CLIENTS }, () => send(server, answeredAt));
    await until('some have been answered', () => answeredAt.length > 50 * (round + 1));
    const had = answeredAt.length;
    // What is told is written.
    expect(await counted(server)).toBeGreaterThanOrEqual(kept + had);
    const startedAt = performance.now();
    await until('it has worked for a while', () => performance.now() - startedAt > 700 + round * 333);
    server.cli.child.kill('SIGKILL');
    const killedAt = performance.now();
    await Promise.all(clients);
    await server.cli.ended;

    const again = await serve(folder.path);
    await using _again = again.cli;
    const lost = kept + answeredAt.length - (await counted(again));
    const lastSecond = answeredAt.filter((at) => at > killedAt - 1_000).length;
    expect(lost).toBeGreaterThanOrEqual(0);
    expect(lost).toBeLessThanOrEqual(lastSecond);
    before = kept + answeredAt.length - lost;
    again.cli.child.kill('SIGTERM');
    await again.cli.ended;
  }
});
