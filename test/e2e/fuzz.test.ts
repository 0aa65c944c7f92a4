import { expect, inject, it } from 'vitest';
import { expectNoHarm } from '../fuzz/expect-no-harm.js';
import { runFuzz } from '../fuzz/run.js';
import { TARGETS } from '../fuzz/targets/index.js';
import { KSERVE } from '../fuzz/targets/kserve.js';

/** Without the fast path, only those differ to which it answers. */
const targets = TARGETS.filter(({ name }) => inject('fastPath') || ['http1', 'oip-http'].includes(name));

it.each(targets)(
  'mutated requests to $name are answered as listed, and harm no other client',
  { timeout: 120_000 },
  async (target) => {
    await expectNoHarm(target, { seed: 1, shots: target.shots });
  },
);

it('an answer that is not listed is a problem, which names the smallest request for it', async () => {
  const statuses = KSERVE.statuses.filter((status) => status !== 405);
  const { problems } = await runFuzz({ ...KSERVE, statuses }, { seed: 1, shots: 100 });
  expect(problems).toContainEqual(expect.stringMatching(/^\S+ ended with 405: /));
  const request = /"\w+ \/\S+ HTTP\/1\.1\\r\\nHost: localhost\\r\\nContent-Length: 0\\r\\n\\r\\n"/.source;
  expect(problems).toContainEqual(
    expect.stringMatching(new RegExp(`^shot \\d+ was answered with 405: .*; ${request}$`)),
  );
});
