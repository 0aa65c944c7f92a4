import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { parse } from 'yaml';
import { runCli } from '../../src/cli/program.js';
import { createMillrace, type Millrace } from '../../src/index.js';
import { runCliProcess } from '../support/cli-process.js';
import { closeTo } from '../support/close-to.js';
import { CLI_ENTRY, RUNNER_ENTRY } from '../support/dist.js';
import { createFakeIo, type FakeIoOptions } from '../support/fake-io.js';
import { createTempFolder, type TempFolder } from '../support/model-folder.js';

let millrace: Millrace;
let folder: TempFolder;
let url: string;

beforeAll(async () => {
  folder = await createTempFolder();
  millrace = await createMillrace({
    settings: {
      repository: { paths: ['examples/models'] },
      server: { httpPort: 0, grpcPort: -1, metricsPort: -1 },
      runners: { entry: RUNNER_ENTRY },
      telemetry: { logLevel: 'silent' },
    },
  });
  ({ url } = (await millrace.listen()).http);
});
afterAll(async () => {
  await millrace.close();
  await folder[Symbol.asyncDispose]();
});

async function run(argv: readonly string[], options: FakeIoOptions = {}) {
  vi.stubEnv('MILLRACE_URL', url);
  const io = createFakeIo(options);
  const code = await runCli(argv, io);
  return { code, out: io.out(), err: io.err() };
}

describe('millrace infer', () => {
  it('tells what is on photos', async () => {
    const photos = ['meal_1.jpg', 'report_1.jpg', 'other_1.jpg'].map((name) => `examples/photos/${name}`);
    const { code, out } = await run(['infer', 'mobilenetv3', '--image', ...photos]);
    expect(code).toBe(0);
    expect(out).toMatch(/^meal_1\.jpg +food 0\.7/m);
    expect(out).toMatch(/^report_1\.jpg +report 0\.9/m);
    expect(out).toMatch(/^other_1\.jpg +other 0\.9/m);
  });

  it('takes a tensor from any kind of file, and gives it back', async () => {
    const where = { cwd: folder.path };
    const numbers = Array.from({ length: 16 }, (_, index) => index);
    await writeFile(join(folder.path, 'x.json'), JSON.stringify(numbers));
    await writeFile(join(folder.path, 'x.raw'), Float32Array.from(numbers));
    const answers = [
      await run(['infer', 'mlp', '-i', '@x.json', '--json'], where),
      await run(['infer', 'mlp', '-i', 'x=@x.raw', '--json'], where),
      await run(['infer', 'mlp', '-i', '@x.raw', '--shape', 'x=1,16', '--no-binary', '--json'], where),
    ].map(({ out }) => JSON.parse(out).outputs);
    const row = closeTo(answers[0][0].data);
    expect(row).toHaveLength(10);
    const expected = [{ ...answers[0][0], data: row }];
    expect(answers.slice(1)).toEqual([expected, expected]);
    await run(['infer', 'mlp', '-i', '@x.json', '--save', '.'], where);
    const saved = await readFile(join(folder.path, 'y.npy'));
    expect(Array.from(new Float32Array(new Uint8Array(saved.subarray(-40)).buffer))).toEqual(row);
  });
});

describe('millrace types', () => {
  it('prints a type for each model of the server', async () => {
    const { out } = await run(['types', 'silero-vad', 'mlp']);
    expect(out).toContain('export interface SileroVad {');
    expect(out).toContain("    /** INT64[] */\n    readonly sr: 'INT64';\n");
    expect(out).toContain('export interface Mlp {');
  });
});

describe('millrace bench', () => {
  it('reports on each level, to people, programs, spreadsheets and browsers', async () => {
    const quick = ['--count', '20', '--warmup', '0'];
    const files = ['--csv', 'report.csv', '--html', 'report.html'];
    const { code, out } = await run(['bench', 'mlp', '--concurrency', '1,2', ...quick, ...files], { cwd: folder.path });
    expect(code).toBe(0);
    expect(out).toMatch(/^load +req\/s/);
    expect(out).toMatch(/^1 client +\d/m);
    expect(out).toMatch(/^2 clients +\d/m);
    expect(await readFile(join(folder.path, 'report.csv'), 'utf8')).toMatch(/^kind,concurrency,/);
    expect(await readFile(join(folder.path, 'report.html'), 'utf8')).toContain('<svg');
    const rate = await run([
      'bench',
      'mlp',
      '--rate',
      '200',
      '--poisson',
      ...quick,
      '--format',
      'json',
      '--zero',
      '--json',
    ]);
    expect(JSON.parse(rate.out).levels[0]).toMatchObject({ completed: 20, failed: 0 });
  });

  it.each([
    [['nope'], 1, /^error: .*404/],
    [['silero-vad'], 1, /^error: model 'silero-vad' keeps sequences: bench measures single requests with one answer/],
    [['mlp', '--rate', '0'], 2, /^error: range: expected /],
    [['mlp', '--rate', '1', '--concurrency', '1'], 2, /^error: --rate and --concurrency exclude each other/],
  ])('says what is wrong with %s', async (argv, code, message) => {
    const result = await run(['bench', ...argv]);
    expect(result.code).toBe(code);
    expect(result.err).toMatch(message);
  });
});

describe('millrace check', () => {
  it('loads and runs the models of a folder, and suggests a configuration that works', {
    timeout: 60_000,
  }, async () => {
    await using models = await createTempFolder({
      'mlp/1/model.onnx': await readFile('examples/models/mlp/1/model.onnx'),
      'broken/1/model.onnx': 'no model',
    });
    const first = await runCliProcess('check', models.path, '--runs', '3', '--json');
    expect(first.exit).toBe(1);
    const [broken, mlp] = JSON.parse(first.out);
    expect(broken).toMatchObject({ name: 'broken', ok: false, problem: expect.stringMatching(/./) });
    expect(mlp).toMatchObject({ name: 'mlp', ok: true, runs: { count: 3 }, memoryBytes: expect.any(Number) });
    expect(parse(mlp.modelYaml)).toMatchObject({ maxBatchSize: 64, inputs: [{ name: 'x', shape: [-1, 16] }] });

    await models.write({ 'mlp/model.yaml': mlp.modelYaml });
    const second = await runCliProcess('check', join(models.path, 'mlp'), '--runs', '3');
    expect(second.exit).toBe(0);
    expect(second.out).toMatch(/^mlp version 1 works\n {2}inputs {5}x FP32\[-1,16\]\n/);
    expect(second.out).toMatch(/\n1 of 1 model is fine\n$/);
  });

  it('says of the model file of another framework what to do with it', { timeout: 60_000 }, async () => {
    await using models = await createTempFolder({ 'net.pt': '', 'mlp/1/model.onnx': '' });
    const { exit, out } = await runCliProcess('check', join(models.path, 'net.pt'));
    expect([exit, out]).toEqual([
      1,
      'net fails: net.pt is a PyTorch model; export it with torch.onnx.export\n\n0 of 1 model is fine\n',
    ]);
  });

  it('says that a model which calls others is checked with them', { timeout: 60_000 }, async () => {
    const caller = `export default {
      inputs: { x: 'FP32[1]' }, outputs: { y: 'FP32[1]' },
      infer: async ({ inputs }, { model }) => ({ y: (await model('other').infer({ x: inputs.x })).outputs.y }),
    };`;
    await using models = await createTempFolder({
      'caller/1/model.js': caller,
      'other/1/model.js': `export default {
        inputs: { x: 'FP32[1]' }, outputs: { y: 'FP32[1]' }, infer: ({ inputs }) => ({ y: inputs.x }) };`,
    });
    const alone = await runCliProcess('check', join(models.path, 'caller'), '--runs', '2');
    expect(alone.exit).toBe(0);
    expect(alone.out).toContain(
      "caller version 1 loads; not run: Request for unknown model: 'other' is not found\n" +
        '    a model that calls others is checked with them: give the folder of the repository\n',
    );
    const together = await runCliProcess('check', models.path, '--runs', '2');
    expect(together).toMatchObject({ exit: 0, out: expect.stringContaining('caller version 1 works\n') });
  });

  it('does not blame a model for what was made up for it', { timeout: 60_000 }, async () => {
    await using models = await createTempFolder({
      'vad/1/model.onnx': await readFile('examples/models/silero-vad/1/model.onnx'),
    });
    const { exit, out } = await runCliProcess('check', join(models.path, 'vad'), '--runs', '2');
    expect(exit).toBe(0);
    expect(out).toMatch(/^vad version 1 loads; not run: the model failed: /);
    expect(out).toContain(
      '\n    what was made up for it may not suit it; say --shape input=… --shape state=… -i sr=…\n',
    );
    const said = ['--shape', 'input=1,576', '-i', 'sr=16000'];
    const shaped = await runCliProcess('check', 'examples/models/silero-vad', '--runs', '2', ...said);
    expect(shaped.out).toContain('silero-vad version 1 works');
  });
});

describe('a reader that has seen enough', () => {
  it('is no failure', async () => {
    const child = spawn(process.execPath, [CLI_ENTRY, 'config', 'schema'], { stdio: ['ignore', 'pipe', 'pipe'] });
    let errors = '';
    child.stderr.on('data', (chunk: Buffer) => {
      errors += chunk.toString();
    });
    child.stdout.destroy();
    const [code] = await once(child, 'close');
    expect({ code, errors }).toEqual({ code: 0, errors: '' });
  });
});
