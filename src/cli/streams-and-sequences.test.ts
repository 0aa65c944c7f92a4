import { afterEach, describe, expect, it } from 'vitest';
import { closeServer, METADATA, run, server, start } from '../../test/support/cli-fixture.js';
import { jsonAnswer } from '../../test/support/fake-server.js';

afterEach(closeServer);

describe('infer of a model of many answers', () => {
  const routes = {
    'GET /v2/models/mlp': () => jsonAnswer(METADATA),
    'GET /v2/models/mlp/config': () => jsonAnswer({ model_transaction_policy: { decoupled: true } }),
    'POST /v2/models/mlp/generate_stream': () => ({ body: 'data: {"y":[1,2]}\n\ndata: {"y":[3,4]}\n\n' }),
  };

  it('prints each of them', async () => {
    const options = await start(routes);
    const { code, out } = await run(['infer', 'mlp', '-i', '[1,2]'], options);
    expect(code).toBe(0);
    const one = (index: number, values: string) => `answer ${index} after 5 ms\n\ny FP32[1,2]\n  ${values}\n\n`;
    expect(out.replace(/[\d.]+ ms/g, '5 ms')).toBe(`${one(1, '1  2')}${one(2, '3  4')}mlp gave 2 answers in 5 ms\n`);
    const json = await run(['infer', 'mlp', '-i', '[1,2]', '--json'], options);
    const lines = json.out.trim().split('\n');
    expect(lines.map((line) => JSON.parse(line).outputs[0].data)).toEqual([
      [1, 2],
      [3, 4],
    ]);
  });

  it('shows the curl command, and refuses flags that are for one answer', async () => {
    const options = await start(routes);
    expect((await run(['infer', 'mlp', '-i', '[1,2]', '--curl'], options)).out).toBe(
      `curl -sN ${server?.url}/v2/models/mlp/generate_stream -H 'content-type: application/json' -d '{"x":[1,2]}'\n`,
    );
    for (const flag of [
      ['--save', 'out'],
      ['--classes', '2'],
    ]) {
      expect(await run(['infer', 'mlp', '-i', '[1,2]', ...flag], options)).toMatchObject({
        code: 2,
        err: `error: model 'mlp' may give several answers, for which there is no ${flag[0]}\n`,
      });
    }
  });
});

it('shows that one gives several answers and keeps sequences', async () => {
  const config = {
    max_batch_size: 8,
    model_transaction_policy: { decoupled: true },
    sequence_batching: { oldest: {} },
  };
  const options = await start({
    'GET /v2/models/mlp': () => jsonAnswer(METADATA),
    'GET /v2/models/mlp/config': () => jsonAnswer(config),
  });
  expect((await run(['models', 'show', 'mlp'], options)).out.split('\n').slice(3, 6)).toEqual([
    '  batch    up to 8 rows',
    '  answers  any number for a request, through generate_stream and gRPC streams',
    '  requests in sequences: each needs a sequence_id, the first one sequence_start',
  ]);
});

it.each([
  [{ model_transaction_policy: { decoupled: true } }, 'may give several answers'],
  [{ sequence_batching: {} }, 'keeps sequences'],
])('does not bench what it cannot measure: %j', async (config, reason) => {
  const options = await start({ 'GET /v2/models/mlp/config': () => jsonAnswer(config) });
  expect(await run(['bench', 'mlp'], options)).toMatchObject({
    code: 1,
    err: `error: model 'mlp' ${reason}: bench measures single requests with one answer; use perf_analyzer\n`,
  });
});
