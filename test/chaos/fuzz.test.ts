import { it } from 'vitest';
import { expectNoHarm } from '../fuzz/expect-no-harm.js';
import { TARGETS } from '../fuzz/targets/index.js';
import { chooseSeed } from '../support/random.js';

/** The shots of `npm test`: 45,000 together. */
const TIMES = 4;

it.each(TARGETS)(`${TIMES} times as many mutated requests to $name`, async (target) => {
  await expectNoHarm(target, { seed: chooseSeed(), shots: TIMES * target.shots });
});
