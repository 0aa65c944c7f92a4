/**
 * Fuzzes the server, one target (test/fuzz/targets) after the other, and fails where one is not up to it; docs in CONTRIBUTING.md.
 *
 * `npm run fuzz -- [--minutes N] [--target NAME]… [--seed N] [--only N]`: by default all targets, 30 minutes together, and a new seed.
 * A failure prints its target, its seed and the numbers of the shots: with these in `--target`, `--seed` and `--only` it happens again.
 */
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '30' },
    target: { type: 'string', multiple: true, default: [] },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    only: { type: 'string' },
  },
});
const number = (name, text) => {
  const value = Number(text);
  if (!(value >= 0)) throw new Error(`--${name}: expected a number, got '${text}'`);
  return value;
};
const options = {
  minutes: number('minutes', values.minutes),
  seed: number('seed', values.seed),
  names: values.target,
  ...(values.only === undefined ? {} : { only: number('only', values.only) }),
};
console.log(`seed ${options.seed}`);
const { status } = spawnSync('vitest', ['run', '--config', 'test/fuzz/vitest.config.ts'], {
  stdio: 'inherit',
  env: { ...process.env, MILLRACE_FUZZ: JSON.stringify(options) },
});
process.exitCode = status ?? 1;
