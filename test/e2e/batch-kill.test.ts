import { cp } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { FREE_PORTS, startCli } from '../support/cli-process.js';
import { createTempFolder } from '../support/model-folder.js';
import { type Ask, asking, createBatch, endOf, type Json } from '../support/openai-files.js';
import { until } from '../support/until.js';

const LINES = 300;
const URL = '/v2/models/double/infer';
/** The server is killed when so many requests have a result. */
const DEATHS = [30, 90, 91, 170, 250];

const FILES = {
  'models/double/model.yaml': 'maxBatchSize: 8\n',
  'models/double/1/model.js': `export default {
  inputs: { x: 'FP32[-1,1]' },
  outputs: { y: 'FP32[-1,1]' },
  pure: true,
  async infer({ inputs }) {
    await new Promise((resolve) => setTimeout(resolve, 10));
    return { y: inputs.x.data.map((value) => 2 * value) };
  },
};
`,
  'millrace.yaml': `repository: { paths: [./models] }
batches: { concurrency: 4, checkpointLines: 7 }
telemetry: { accessLog: false }
`,
};

/** Each tenth request is wrong. */
const lineOf = (index: number) => ({
  custom_id: `line-${index}`,
  url: URL,
  body: { inputs: [{ name: index % 10 === 9 ? 'z' : 'x', datatype: 'FP32', shape: [1, 1], data: [index] }] },
});

async function serve(folder: string) {
  const cli = startCli(['serve', ...FREE_PORTS, '--json'], { cwd: folder });
  const { http } = await cli.nextEvent();
  await cli.nextEvent();
  const ask = asking(Number(new globalThis.URL(String(http)).port));
  const kill = async () => {
    cli.child.kill('SIGKILL');
    expect(await cli.ended).toMatchObject({ exit: 'SIGKILL' });
  };
  return { cli, ask, kill };
}

/** The files that the batch has written, as they are. */
async function filesOf(ask: Ask, { output_file_id: output, error_file_id: errors }: Json): Promise<readonly string[]> {
  const texts = [output, errors].map(async (id) => (await ask(`files/${id}/content`)).text);
  return Promise.all(texts);
}

it('the files of a batch whose server is killed again and again are those of a batch that nothing disturbs', async () => {
  await using disturbed = await createTempFolder(FILES);
  await using quiet = await createTempFolder({});
  const first = await serve(disturbed.path);
  const { json: batch } = await createBatch(
    first.ask,
    Array.from({ length: LINES }, (_, index) => lineOf(index)),
  );
  await first.kill();
  await cp(disturbed.path, path.join(quiet.path, 'copy'), { recursive: true });

  for (const count of DEATHS) {
    const { ask, kill } = await serve(disturbed.path);
    await until(`${count} requests have a result`, async () => {
      const { completed, failed } = (await ask(`batches/${batch.id}`)).json.request_counts;
      return completed + failed >= count;
    });
    await kill();
  }
  const results: (readonly string[])[] = [];
  for (const folder of [disturbed.path, path.join(quiet.path, 'copy')]) {
    const { cli, ask } = await serve(folder);
    await using _ended = cli;
    const ended = await endOf(ask, batch.id);
    expect(ended).toMatchObject({ status: 'completed', request_counts: { total: LINES, completed: 270, failed: 30 } });
    results.push(await filesOf(ask, ended));
  }
  const [[output = '', errors = ''] = [], untouched] = results;
  expect([output, errors]).toEqual(untouched);
  const ids = (text: string) =>
    text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).custom_id);
  const all = Array.from({ length: LINES }, (_, index) => `line-${index}`);
  expect(ids(output)).toEqual(all.filter((_, index) => index % 10 !== 9));
  expect(ids(errors)).toEqual(all.filter((_, index) => index % 10 === 9));
});
