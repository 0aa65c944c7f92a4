import { expect, it, onTestFinished } from 'vitest';
import { run } from '../support/cli-fixture.js';
import { FREE_PORTS, startCli } from '../support/cli-process.js';
import { createTempFolder } from '../support/model-folder.js';
import { ADA, AS_ADA, underLoad } from '../support/rollout-server.js';

const CHECKOUT = 'a-key-of-checkout-that-is-long-enough';
/** A runner that has died is back within the second that requests without a fallback wait for it, however often it dies. */
const SETTINGS = `repository: { paths: [./models] }
engine: { restartBackoffMs: 900, maxRestartBackoffMs: 900 }
auth:
  keys:
    - { name: ada, key: ${ADA}, scopes: [observe, manage] }
    - { name: checkout, key: ${CHECKOUT}, scopes: [infer] }
`;

/** Doubles its rows; `before` runs ahead of that. */
const doubling = (before = '') => `let runs = 0;
export default {
  inputs: { x: 'FP32[-1,1]' },
  outputs: { y: 'FP32[-1,1]' },
  pure: true,
  infer({ inputs }) {
    runs++;
    ${before}
    return { y: inputs.x.data.map((value) => 2 * value) };
  },
};
`;
const MODELS = {
  'models/fraud/model.yaml': 'versions: all\nmaxBatchSize: 8\n',
  'models/fraud/3/model.js': doubling(),
  // More than a load and its trials take.
  'models/fraud/4/model.js': doubling('if (runs > 60) process.abort();'),
};

/** How many answers there were of each kind: `200 fraud/3 right`. */
class Tally {
  readonly counts = new Map<string, number>();
  readonly #url: string;
  #asked = 0;

  constructor(url: string) {
    this.#url = url;
  }

  async ask(): Promise<void> {
    const value = this.#asked++;
    const answer = await fetch(`${this.#url}/v2/models/fraud/infer`, {
      method: 'POST',
      headers: { authorization: `Bearer ${CHECKOUT}`, 'content-type': 'application/json' },
      body: JSON.stringify({ inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 1], data: [value] }] }),
    });
    // biome-ignore lint/suspicious/noExplicitAny: JSON of any shape
    const { outputs, error }: any = await answer.json();
    const said = error ?? (outputs[0].data[0] === 2 * value ? 'right' : 'wrong');
    const kind = `${answer.status} ${answer.headers.get('x-millrace-model')} ${said}`;
    this.counts.set(kind, (this.counts.get(kind) ?? 0) + 1);
  }
}

it('a rollout to a version whose runner process crashes is rolled back, and every request is answered', async () => {
  const folder = await createTempFolder({ ...MODELS, 'millrace.yaml': SETTINGS });
  onTestFinished(() => folder[Symbol.asyncDispose]());
  await using server = startCli(['serve', ...FREE_PORTS, '--json'], { cwd: folder.path });
  const { http, metrics } = await server.nextEvent();
  await server.nextEvent();
  const cli = (...argv: readonly string[]) => run([...argv, '--url', String(http), '--key', ADA]);
  const rollout = (...argv: readonly string[]) => cli('rollout', ...argv);
  expect(await cli('models', 'label', 'fraud', 'stable=3')).toMatchObject({ code: 0 });

  const during = new Tally(String(http));
  await underLoad(
    8,
    () => during.ask(),
    async () => {
      const plan = ['--to', '4', '--steps', '50,100', '--hold', '10m', '--ignore', 'latency,answers'];
      expect(await rollout('start', 'fraud', ...plan)).toMatchObject({ code: 0 });
      expect(await rollout('wait', 'fraud')).toMatchObject({ code: 1 });
    },
  );
  expect([...during.counts.keys()].sort()).toEqual(['200 fraud/3 right', '200 fraud/4 right']);
  const after = new Tally(String(http));
  await Promise.all(Array.from({ length: 8 }, () => after.ask()));
  expect([...after.counts]).toEqual([['200 fraud/3 right', 8]]);

  const { out } = await rollout('status', 'fraud');
  expect(out).toMatch(/^rolled back: the rollout of 'fraud' to version 4 is over: rolled back, /m);
  expect(out).toMatch(
    /millrace +roll back +version 4 against version 3: errors are worse: canary failed \d+ of \d+ requests, stable 0 of \d+ /,
  );
  const numbers = await (await fetch(`${metrics}/metrics`, { headers: AS_ADA })).text();
  expect(numbers).toMatch(/^millrace_rollout_decisions_total\{action="roll_back",model="fraud"\} 1$/m);
  expect(numbers).toMatch(/^millrace_runner_deaths_total [1-9]/m);
  expect(server.written().err).toContain('runner fraud/4#0 died: ended by SIGABRT');
});
