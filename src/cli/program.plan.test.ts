import { afterEach, describe, expect, it } from 'vitest';
import { closeServer, METADATA, run, server, start } from '../../test/support/cli-fixture.js';
import { jsonAnswer } from '../../test/support/fake-server.js';
import { createTempFolder } from '../../test/support/model-folder.js';

afterEach(closeServer);

const CONFIG = { name: 'mlp', max_batch_size: 4, dynamic_batching: {}, instance_group: [{ count: 1 }] };
const SERVED = {
  'GET /v2/models/mlp/config': () => jsonAnswer(CONFIG),
  'GET /v2/models/mlp': () => jsonAnswer(METADATA),
  'GET /v2/models/mlp/stats': () => jsonAnswer({ model_stats: [STATISTICS] }),
  'POST /v2/models/mlp/infer': () => jsonAnswer({}),
};
const NO_TIME = { count: 0, ns: 0 };
const STATISTICS = {
  inference_count: 0,
  execution_count: 0,
  inference_stats: { success: NO_TIME },
  batch_stats: [],
};
const RATE = ['--rate', '100', '--duration', '1'];

describe('millrace plan', () => {
  it.each([
    [['--rate', '0'], "option '--rate <number>' argument '0' is invalid. Expected more than 0 requests a second."],
    [['--rate', '-5'], "option '--rate <number>' argument '-5' is invalid. Expected a number, got '-5'."],
    [['--rate', 'x'], "option '--rate <number>' argument 'x' is invalid. Expected a number, got 'x'."],
    [[...RATE, '--rows', '0'], "option '--rows <count>' argument '0' is invalid. Expected 1 or more, got '0'."],
    [[...RATE, '--slo', 'p95=20ms'], "expected an SLO such as 'p95<20ms' or 'p50<5ms,p99<0.1s', got 'p95=20ms'"],
    [[...RATE, '--model-version', '1'], '--model-version needs --url'],
    [[...RATE, '--server-pid', '1'], '--server-pid needs --url'],
    [[], "required option '--rate <number>' not specified"],
  ])('refuses %j', async (flags, message) => {
    const { code, err } = await run(['plan', '--model', 'mlp', ...flags]);
    expect([code, err.split('\n')[0]]).toEqual([2, `error: ${message}`]);
  });

  it('refuses a model that is not in the repository, and a repository in place of a model', async () => {
    await using folder = await createTempFolder({ 'models/mlp.onnx': '' });
    const plan = (model: string) =>
      run(['plan', '--model', model, '--model-repository', `${folder.path}/models`, ...RATE], { cwd: folder.path });
    expect(await plan('mlpx')).toMatchObject({
      code: 2,
      err: `error: mlpx is neither a folder nor a model file, nor a model in ${folder.path}/models\n`,
    });
    expect(await plan('models')).toMatchObject({
      code: 2,
      err: 'error: --model: models is a repository; name one of its models\n',
    });
  });

  it('refuses a model that the server does not have', async () => {
    await start({
      'GET /v2/models/mpl/config': () => jsonAnswer({ error: "unknown model 'mpl'" }, 404),
      'POST /v2/repository/index': () => jsonAnswer([{ name: 'mlp', version: '1', state: 'READY' }]),
    });
    const { code, err } = await run(['plan', '--url', server?.url ?? '', '--model', 'mpl', ...RATE]);
    expect([code, err]).toEqual([1, "error: unknown model 'mpl'; did you mean mlp?\n"]);
  });

  it('refuses more rows than the model takes', async () => {
    await start(SERVED);
    const { code, err } = await run(['plan', '--url', server?.url ?? '', '--model', 'mlp', ...RATE, '--rows', '5']);
    expect([code, err]).toEqual([2, "error: --rows: model 'mlp' takes 4 rows a request, got 5\n"]);
  });

  it('refuses a server whose answers do not say how long the model took', async () => {
    await start(SERVED);
    const { code, err } = await run(['plan', '--url', server?.url ?? '', '--model', 'mlp', ...RATE]);
    expect([code, err]).toEqual([
      1,
      "measuring mlp, which takes about 8.00 ms\nerror: the server's answers have no Server-Timing with the compute stage: plan needs a millrace server with server.timingHeaders on, and no response cache\n",
    ]);
  });

  it('says how to reach a server that does not answer', async () => {
    const { code, err } = await run(['plan', '--url', 'http://127.0.0.1:1', '--model', 'mlp', ...RATE]);
    expect(code).toBe(3);
    expect(err).toContain('http://127.0.0.1:1');
  });
});
