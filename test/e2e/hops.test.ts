import { readFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
import { expect, it } from 'vitest';
import { startAppServer } from '../support/app-server.js';

const MODELS = {
  'mlp/model.yaml': `runtime: echo
maxBatchSize: 8
inputs: [{ name: x, datatype: FP32, shape: [-1, 4] }]
outputs: [{ name: y, datatype: FP32, shape: [-1, 4] }]
`,
  'mlp/1/': '',
};

/** What the page says of each hop: file and function. */
function hopsOfPage(): readonly { readonly file: string; readonly name: string }[] {
  const page = readFileSync('docs/architecture.md', 'utf8');
  const [, table = ''] = /\n\| hop \| file \| function \|\n\|[-|]+\n((?:\|.*\n)+)/.exec(page) ?? [];
  return table
    .trim()
    .split('\n')
    .map((row) => {
      const [, , file = '', name = ''] = row.split('|').map((cell) => cell.trim().replaceAll('`', ''));
      return { file, name };
    });
}

/** The functions of `src` that one request has called. */
async function functionsOf(request: () => Promise<unknown>): Promise<ReadonlySet<string>> {
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false });
  await session.post('Profiler.takePreciseCoverage');
  await request();
  const { result } = await session.post('Profiler.takePreciseCoverage');
  await session.post('Profiler.stopPreciseCoverage');
  session.disconnect();
  const called = result.flatMap(({ url, functions }) => {
    const [, file] = /\/src\/(.*\.ts)/.exec(url) ?? [];
    if (file === undefined) return [];
    return functions
      .filter(({ ranges }) => (ranges[0]?.count ?? 0) > 0)
      .map(({ functionName }) => `${file} ${functionName}`);
  });
  return new Set(called);
}

it('one inference takes the hops that docs/architecture.md lists', async () => {
  await using server = await startAppServer(MODELS);
  const inputs = [{ name: 'x', datatype: 'FP32', shape: [1, 4], data: [1, 2, 3, 4] }];
  const ask = async () => expect((await server.infer('mlp', { inputs })).status).toBe(200);
  await ask();
  const called = await functionsOf(ask);
  const hops = hopsOfPage();
  expect(hops.length).toBeGreaterThan(10);
  expect(hops.filter(({ file, name }) => !called.has(`${file} ${name}`))).toEqual([]);
});
