import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connect, type MillraceClient, MillraceClientError } from '../../src/client/index.js';
import { DATATYPES } from '../../src/core/index.js';
import { createMillrace, type Millrace } from '../../src/index.js';
import { RUNNER_ENTRY } from '../support/dist.js';
import { createTempFolder, type TempFolder } from '../support/model-folder.js';
import { until } from '../support/until.js';

const echo = (inputs: readonly string[], more = '') => {
  const tensors = (prefix: string) =>
    inputs.map((datatype) => `  - { name: ${prefix}${datatype}, datatype: ${datatype}, shape: [-1, -1] }\n`).join('');
  return `runtime: echo\nmaxBatchSize: 8\ninputs:\n${tensors('in_')}outputs:\n${tensors('out_')}${more}`;
};

const VALUES = {
  BOOL: [[true, false]],
  UINT8: [[0, 255]],
  UINT16: [[0, 65_535]],
  UINT32: [[0, 4_294_967_295]],
  UINT64: [[0n, 18_446_744_073_709_551_615n]],
  INT8: [[-128, 127]],
  INT16: [[-32_768, 32_767]],
  INT32: [[-2_147_483_648, 2_147_483_647]],
  INT64: [[-9_223_372_036_854_775_808n, 9_223_372_036_854_775_807n]],
  FP16: [[0.5, -65_504]],
  FP32: [[0.1, Number.NEGATIVE_INFINITY]],
  FP64: [[0.1, Number.NaN]],
  BF16: [[0.5, -3]],
  BYTES: [['text', 'größer']],
} as const;
/** What the outputs hold; FP32 is what remains of 0.1. */
const EXPECTED = { ...VALUES, BOOL: [[1, 0]], FP32: [[Math.fround(0.1), Number.NEGATIVE_INFINITY]] };

describe('the client and the server', () => {
  let folder: TempFolder;
  let millrace: Millrace;
  let client: MillraceClient;
  let metricsUrl: string;

  beforeAll(async () => {
    folder = await createTempFolder({
      'all/model.yaml': echo(DATATYPES),
      'all/1/': '',
      'slow/model.yaml': echo(['FP32'], 'echo: { delayMs: 60000 }\nbatching: { enabled: false }\n'),
      'slow/1/': '',
    });
    millrace = await createMillrace({
      settings: {
        repository: {
          paths: [folder.path, 'examples/models'],
          controlMode: 'explicit',
          loadModels: ['all', 'slow', 'mlp'],
        },
        // The slow model is still at it when the test ends.
        server: { httpPort: 0, grpcPort: -1, metricsPort: 0, gracePeriodMs: 100 },
        runners: { entry: RUNNER_ENTRY },
        telemetry: { logLevel: 'silent' },
      },
    });
    const { http, metrics } = await millrace.listen();
    client = connect(http.url);
    metricsUrl = `${metrics?.url}/metrics`;
  });
  afterAll(async () => {
    await millrace.close();
    await folder[Symbol.asyncDispose]();
  });

  const inputsOf = (datatypes: readonly (keyof typeof VALUES)[]) =>
    Object.fromEntries(datatypes.map((datatype) => [`in_${datatype}`, VALUES[datatype]]));

  it('carry every datatype there and back as binary', async () => {
    const { outputs, requestId, timingMs } = await client.model('all').infer(inputsOf(DATATYPES));
    for (const datatype of DATATYPES) {
      expect([datatype, outputs[`out_${datatype}`]?.toNested()]).toEqual([datatype, EXPECTED[datatype]]);
    }
    expect(requestId).toMatch(/./);
    expect(timingMs.total).toBeGreaterThan(0);
  });

  it.each([false, 'inputs'] as const)('carry every datatype that JSON can hold with binary: %s', async (binary) => {
    const asked = DATATYPES.filter((datatype) => datatype !== 'FP16' && datatype !== 'BF16');
    const { outputs } = await client
      .model('all')
      .infer(inputsOf(DATATYPES), { binary, outputs: asked.map((datatype) => `out_${datatype}`) });
    for (const datatype of asked) {
      expect([datatype, outputs[`out_${datatype}`]?.toNested()]).toEqual([datatype, EXPECTED[datatype]]);
    }
  });

  it('agree on what is wrong', async () => {
    const wrong = { data: Float32Array.of(1, 2, 3), shape: [1, 3] };
    const error = await client
      .model('mlp')
      .infer({ x: wrong })
      .catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(MillraceClientError);
    expect(error).toMatchObject({ code: 'invalid_argument', status: 400, requestId: expect.any(String) });
    await expect(client.model('nope').metadata()).rejects.toMatchObject({ code: 'not_found', status: 404 });
    await expect(client.model('mlp', { version: 7 }).infer({ x: wrong })).rejects.toMatchObject({ code: 'not_found' });
  });

  it('give up together when the caller aborts', async () => {
    const controller = new AbortController();
    const asked = client.model('slow').infer({ in_FP32: [[1]] }, { signal: controller.signal });
    const refusal = expect(asked).rejects.toMatchObject({ code: 'cancelled', status: 0 });
    const running = /^millrace_executing_requests\{.*model="slow".*\} 1$/m;
    await until('the server runs it', async () => running.test(await (await fetch(metricsUrl)).text()));
    controller.abort();
    await refusal;
  });

  it('give up together at the deadline', async () => {
    const slow = client.model('slow');
    await slow.metadata();
    const error = await slow.infer({ in_FP32: [[1]] }, { timeoutMs: 200 }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'deadline_exceeded' });
  });

  it('load, describe, count and unload models', async () => {
    expect(await client.ready()).toBe(true);
    expect(await client.model('echo').ready()).toBe(false);
    await client.load('echo');
    expect(await client.model('echo').ready()).toBe(true);
    expect((await client.model('echo').metadata()).inputs).toEqual([
      { name: 'text', datatype: 'BYTES', shape: [-1, 1] },
    ]);
    await client.model('echo').infer({ text: ['a', 'b'] });
    const [statistics] = await client.model('echo').statistics();
    expect(statistics).toMatchObject({ name: 'echo', inference_count: 2, execution_count: 1 });
    expect((await client.models({ readyOnly: true })).map(({ name }) => name).sort()).toEqual([
      'all',
      'echo',
      'mlp',
      'slow',
    ]);
    await client.unload('echo');
    expect(await client.model('echo').ready()).toBe(false);
    expect((await client.metadata()).name).toBe('millrace');
    expect(await client.live()).toBe(true);
  });

  it('classify with the labels of the model', async () => {
    await client.load('mobilenetv3');
    const pixels = { data: new Float32Array(2 * 3 * 224 * 224), shape: [2, 3, 224, 224] };
    const rows = await client.model('mobilenetv3').classify({ pixel_values: pixels }, { top: 2 });
    expect(rows).toHaveLength(2);
    expect(rows[0]).toHaveLength(2);
    expect(['food', 'report', 'other']).toContain(rows[0]?.[0]?.label);
  });
});
