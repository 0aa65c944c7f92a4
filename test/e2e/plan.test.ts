import { cp, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createMillrace, type Millrace } from '../../src/index.js';
import { runCliProcess, startCli } from '../support/cli-process.js';
import { RUNNER_ENTRY } from '../support/dist.js';
import { createTempFolder, type TempFolder } from '../support/model-folder.js';

let models: TempFolder;
let millrace: Millrace;
let url: string;

beforeAll(async () => {
  models = await createTempFolder({
    'mlp/model.yaml': 'maxBatchSize: 4\nbatching: { enabled: true }\n',
    'broken/1/model.onnx': 'not a model',
  });
  await cp('examples/models/mlp/1', join(models.path, 'mlp/1'), { recursive: true });
  millrace = await createMillrace({
    settings: {
      repository: { paths: [models.path] },
      server: { httpPort: 0, grpcPort: -1, metricsPort: -1 },
      runners: { entry: RUNNER_ENTRY },
      telemetry: { logLevel: 'silent' },
    },
  });
  ({ url } = (await millrace.listen()).http);
});
afterAll(async () => {
  await millrace.close();
  await models[Symbol.asyncDispose]();
});

/** Nothing is so slow that it misses this. */
const ASKED = ['--rate', '2', '--slo', 'p95<30s,p99<50s', '--duration', '100'];

const leftovers = async (): Promise<readonly string[]> =>
  (await readdir(tmpdir())).filter((name) => name.startsWith('millrace-plan-'));

describe('millrace plan', () => {
  it('starts a model, measures it, and says what a rate takes', async () => {
    const before = await leftovers();
    const given = ['--model-repository', models.path, '--model', 'mlp', '--price-per-core-hour', '0.04'];
    const { exit, out, err } = await runCliProcess('plan', ...given, ...ASKED, '--json');
    expect([exit, err]).toEqual([0, 'measuring mlp, which takes about 800 ms\n']);
    const { measured, plan, ...asked } = JSON.parse(out);
    expect(asked).toEqual({
      model: 'mlp',
      requestsPerSecond: 2,
      slo: [
        { percentile: 95, limitMs: 30_000 },
        { percentile: 99, limitMs: 50_000 },
      ],
      pricePerCoreHour: 0.04,
    });
    expect(measured.runs.map(({ rows }: { rows: number }) => rows)).toEqual([1, 2, 4]);
    expect(measured).toMatchObject({
      batching: { batching: true, maxRows: 4, preferredSizes: [], maxDelayMs: 0 },
      instances: 1,
      rowsPerRequest: 1,
    });
    expect(measured.memory.serverBytes).toBeGreaterThan(10e6);
    expect(measured.memory.runnerBytes).toBeGreaterThan(5e6);
    expect(measured.saturated.requestsPerSecond).toBeGreaterThan(0);
    expect(plan).toMatchObject({ instances: 1, cores: 1 });
    expect(plan.costPerMillion).toBeCloseTo((0.04 * 1e6) / (2 * 3600), 9);
    expect(plan.memoryBytes).toBe(measured.memory.serverBytes + measured.memory.runnerBytes);
    expect(plan.prediction.p50Ms).toBeGreaterThan(0);
    expect(plan.prediction.p95Ms).toBeGreaterThanOrEqual(plan.prediction.p50Ms);
    expect(plan.limits).toHaveLength(4);
    // It removes what it has made.
    expect(await leftovers()).toEqual(before);
  });

  it('measures a server that runs, and prints text', async () => {
    const { exit, out } = await runCliProcess('plan', '--url', url, '--model', 'mlp', ...ASKED);
    expect(exit).toBe(0);
    expect(out).toMatch(/^mlp, measured\nrequests +1 row\nbatches +up to 4 rows\nruns +1 row .+, 2 .+, 4 .+\n/);
    expect(out).toMatch(
      /^2\.0\/s with p95<30s, p99<50s, predicted\ninstances +1\ncores +1, 0\.\d\d of them in use\nlatency +p50 .+, p95 .+, p99 .+\n/m,
    );
    expect(out).toMatch(/^breaks first +(instances|the server's event loop) at [\d,]+\/s$/m);
    expect(out).toMatch(/^ +RATE +P50 +P95 +P99 +ROWS\/BATCH +INSTANCES BUSY +SERVER BUSY +CORES$/m);
  });

  it('says by how much an SLO is missed at any number of instances, and why', async () => {
    const { exit, err } = await runCliProcess(
      'plan',
      '--url',
      url,
      '--model',
      'mlp',
      '--rate',
      '1',
      '--slo',
      'p50<0.001ms',
      '--duration',
      '100',
    );
    expect(exit).toBe(1);
    expect(err).toMatch(
      /^error: no number of instances reaches p50<0\.001ms: a request that waits for no other has a p50 of [\d.]+ ms, [\d.]+ ms too long, of which the model takes [\d.]+ ms$/m,
    );
  });

  it('says why a model does not load', async () => {
    const { exit, err } = await runCliProcess('plan', '--model', join(models.path, 'broken'), ...ASKED);
    expect(exit).toBe(1);
    expect(err).toMatch(/^error: model 'broken' does not load: /);
  });

  it('ends what it has started when it is interrupted', async () => {
    const before = await leftovers();
    await using cli = startCli(['plan', '--model', join(models.path, 'mlp'), '--rate', '2', '--duration', '60000']);
    await new Promise<void>((resolve) => cli.child.stderr.once('data', () => resolve()));
    cli.child.kill('SIGTERM');
    expect((await cli.ended).exit).toBe(143);
    expect(await leftovers()).toEqual(before);
  });
});
