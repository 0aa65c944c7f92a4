import { it } from 'vitest';
import { expectNoHarm } from './expect-no-harm.js';
import { TARGETS } from './targets/index.js';

/** As scripts/fuzz.mjs passes them on. */
const { seed, minutes, names, only } = JSON.parse(process.env.MILLRACE_FUZZ ?? '{"minutes":1,"seed":1,"names":[]}');
const chosen = TARGETS.filter(({ name }) => names.length === 0 || names.includes(name));
if (chosen.length === 0) {
  throw new Error(`no such target: ${names}; expected some of ${TARGETS.map(({ name }) => name).join(', ')}`);
}
const durationMs = (minutes * 60_000) / chosen.length;

it.each(chosen)('$name bears what is sent to it', { timeout: durationMs + 300_000 }, async (target) => {
  const options = only === undefined ? { seed, durationMs } : { seed, only };
  const { problems, ...figures } = await expectNoHarm(target, options);
  console.log(`${target.name}: ${JSON.stringify(figures)}`);
});
