import { expect, it, onTestFinished } from 'vitest';
import { FREE_PORTS, startCli } from '../support/cli-process.js';
import { echoModel } from '../support/control-fixture.js';
import { createTempFolder } from '../support/model-folder.js';
import { until } from '../support/until.js';

const JSON_HEADERS = { 'content-type': 'application/json' };

/** A server process of its own over the folder. */
async function serve(cwd: string) {
  const cli = startCli(['serve', ...FREE_PORTS, '--json', '--model-control-mode', 'explicit', '--load-model', '*'], {
    cwd,
  });
  const { http } = await cli.nextEvent();
  await cli.nextEvent();
  const url = String(http);
  return {
    cli,
    async api(method: string, path: string, body?: object) {
      const sent = body === undefined ? {} : { headers: JSON_HEADERS, body: JSON.stringify(body) };
      const answer = await fetch(`${url}/millrace/v1/models/fraud/${path}`, { method, ...sent });
      // biome-ignore lint/suspicious/noExplicitAny: JSON of any shape
      const said: any = await answer.json();
      return { status: answer.status, body: said };
    },
    /** The version that answers. */
    async ask(): Promise<string | null> {
      const inputs = [{ name: 'x', datatype: 'INT32', shape: [1], data: [7] }];
      const asked = { method: 'POST', headers: JSON_HEADERS, body: JSON.stringify({ inputs }) };
      const answer = await fetch(`${url}/v2/models/fraud/infer`, asked);
      expect(answer.status).toBe(200);
      await answer.arrayBuffer();
      return answer.headers.get('x-millrace-model');
    },
    async kill() {
      cli.child.kill('SIGKILL');
      await cli.ended;
    },
  };
}

it('a rollout goes on in the same step after kill -9, with what it had seen, and to its end', async () => {
  const folder = await createTempFolder({
    'models/fraud/model.yaml': echoModel('versions: all'),
    'models/fraud/3/': '',
    'models/fraud/4/': '',
    'millrace.yaml': 'repository: { paths: [./models] }\n',
  });
  onTestFinished(() => folder[Symbol.asyncDispose]());
  const first = await serve(folder.path);
  await using _first = first.cli;
  expect((await first.api('PATCH', 'labels', { stable: 3 })).status).toBe(200);
  const plan = { to: 4, steps: [50, 100], hold_ms: 600_000 };
  expect((await first.api('POST', 'rollout', plan)).status).toBe(200);
  for (let count = 0; count < 200; count++) await first.ask();
  // A snapshot a second.
  await until('it has seen enough', async () => (await first.api('GET', 'rollout')).body.held_ms > 1_500);
  await first.kill();

  const second = await serve(folder.path);
  await using _second = second.cli;
  const { body } = await second.api('GET', 'rollout');
  expect(body).toMatchObject({ state: 'holding', step: 1, weight: 50 });
  expect(body.requests).toBeGreaterThan(0);
  expect(body.verdict.metrics[0].observations.canary).toBeGreaterThan(0);
  const seen = new Set<string | null>();
  await until('both have answered', async () => seen.add(await second.ask()).size === 2);
  expect((await second.api('POST', 'rollout/promote', {})).body.state).toBe('done');
  await second.kill();

  const third = await serve(folder.path);
  await using _third = third.cli;
  for (let count = 0; count < 20; count++) expect(await third.ask()).toBe('fraud/4');
  expect((await third.api('GET', 'rollout/history')).body.rollouts).toMatchObject([{ state: 'done' }]);
});
