import { expect, it } from 'vitest';
import { FREE_PORTS, startCli } from '../support/cli-process.js';
import { createTempFolder } from '../support/model-folder.js';

const SIZE = 200;
const ECHO = `runtime: echo
inputs: [{ name: x, datatype: FP32, shape: [${SIZE}] }]
outputs: [{ name: y, datatype: FP32, shape: [${SIZE}] }]
instances: { placement: inline }
`;
/** Of one to nine digits, from 1e-9 to 1e6. */
const VALUES = Array.from({ length: SIZE }, (_, index) =>
  Math.fround(Math.sin(index * 1.7) * 10 ** ((index % 16) - 9)),
);

// Processors of other kinds ignore the flag.
it('a processor without AVX reads and writes the same floats in JSON', async () => {
  await using folder = await createTempFolder({ 'echo/model.yaml': ECHO, 'echo/1/': '' });
  await using cli = startCli(['serve', folder.path, '--json', '--log-level', 'warn', ...FREE_PORTS], {
    nodeFlags: ['--no-enable-avx'],
  });
  const { http } = await cli.nextEvent();
  await cli.nextEvent();
  const inputs = [{ name: 'x', datatype: 'FP32', shape: [SIZE], data: VALUES }];
  // The first answers come of code that V8 has not optimised yet.
  for (let time = 0; time < 3; time++) {
    const answer = await fetch(`${http}/v2/models/echo/infer`, { method: 'POST', body: JSON.stringify({ inputs }) });
    const { outputs } = JSON.parse(await answer.text());
    expect(outputs[0].data.map(Math.fround)).toEqual(VALUES);
  }
});
