import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const { engines } = JSON.parse(readFileSync('package.json', 'utf8'));
const oldest = /^>=(?<version>(?<major>\d+)\.\d+)$/.exec(engines.node)?.groups ?? {};
const sentence =
  /^Node (?<preferred>\d+) is recommended; Node (?<other>\d+), and Node (?<major>\d+) from (?<version>[\d.]+) on/m;
const stated = sentence.exec(readFileSync('README.md', 'utf8'))?.groups ?? {};
const ci = readFileSync('.ci/run', 'utf8');

it('the oldest Node in README.md is the one of package.json', () => {
  expect({ ...stated }).toMatchObject({ ...oldest });
});

it('.ci/run tests the recommended Node and the oldest one, and the package on the recommended one', () => {
  for (const major of [stated.preferred, oldest.major]) {
    expect(ci).toMatch(new RegExp(`^run node-${major} on_node ${major} node scripts/test\\.mjs`, 'm'));
  }
  expect(ci).toMatch(new RegExp(`on_node ${stated.preferred} .*\\bcheck:package$`, 'm'));
});

it('CONTRIBUTING.md says when the other Node of README.md was tested last', () => {
  expect(readFileSync('CONTRIBUTING.md', 'utf8')).toMatch(
    new RegExp(`^\\| \`npm run test:units\` on Node ${stated.other} \\| \\d{4}-\\d{2}-\\d{2}, commit`, 'm'),
  );
});
