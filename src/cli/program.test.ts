import { afterEach, describe, expect, it, vi } from 'vitest';
import { closeServer, METADATA, run, server, start } from '../../test/support/cli-fixture.js';
import { jsonAnswer } from '../../test/support/fake-server.js';
import { createTempFolder } from '../../test/support/model-folder.js';
import { VERSION } from '../version.js';

afterEach(closeServer);

const INDEX = [
  { name: 'mlp', version: '1', state: 'READY' },
  { name: 'broken', state: 'UNAVAILABLE', reason: 'no model.onnx' },
];

describe('the command line', () => {
  it('says how to use it, with the exit codes', async () => {
    const { code, out } = await run(['--help']);
    expect(code).toBe(0);
    expect(out).toContain('Usage: millrace [options] [command]');
    expect(out).toContain('  3    no server, or no registry, answers at the address');
  });

  it.each(['init', 'serve', 'check', 'infer', 'models', 'bench', 'config', 'types'])(
    'shows examples of %s',
    async (command) => {
      const { code, out } = await run([command, '--help']);
      expect(code).toBe(0);
      expect(out).toContain(`Examples:\n  $ millrace ${command}`);
    },
  );

  it('check takes the settings that say where models are, and none of a server', async () => {
    const { out } = await run(['check', '--help']);
    const flags = [...out.matchAll(/^ {2}(?:-\w, )?(--[\w-]+)/gm)].map(([, flag]) => flag);
    expect(flags.toSorted()).toEqual(
      [
        'config',
        'help',
        'input',
        'json',
        'log-level',
        'model-config-name',
        'model-repository',
        'runs',
        'runtime',
        'shape',
        'verbose',
      ].map((flag) => `--${flag}`),
    );
    expect((await run(['check', '--http-port', '1'])).err).toMatch(/^error: unknown option '--http-port'\n/);
  });

  it('prints its version', async () => {
    expect(await run(['--version'])).toMatchObject({ code: 0, out: `${VERSION}\n` });
  });

  it.each([
    [['serv'], "error: unknown command 'serv'\n(Did you mean serve?)\n"],
    [['serve', '--htp-port', '1'], "error: unknown option '--htp-port'\n(Did you mean --http-port?)\n"],
    [['models', 'lst'], "error: unknown command 'lst'\n(Did you mean list?)\n"],
    [
      ['serve', '--model-control-mode', 'pull'],
      "error: option '--model-control-mode <choice>' argument 'pull' is invalid. Allowed choices are none, poll, explicit.\n",
    ],
    [['infer'], "error: missing required argument 'model'\n"],
  ])('refuses %s with a suggestion', async (argv, message) => {
    const { code, err } = await run(argv);
    expect(code).toBe(2);
    expect(err).toBe(`${message}Add --help to see how to use it.\n`);
  });

  it('says that nobody answers, and what to do', async () => {
    const { code, err } = await run(['models', 'list', '--url', 'http://127.0.0.1:9']);
    expect(code).toBe(3);
    expect(err).toMatch(/^error: cannot reach http:\/\/127\.0\.0\.1:9: /);
    expect(err).toContain('Start a server with `millrace serve <folder>`');
  });

  it('writes errors as JSON where JSON is asked for', async () => {
    const options = await start({});
    const { code, out, err } = await run(['models', 'show', 'mlp', '--json'], options);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(JSON.parse(err)).toEqual({ error: 'there is nothing at /v2/models/mlp', code: 'not_found' });
  });

  it('sends the key of a file, else of the environment', async () => {
    await using folder = await createTempFolder({ key: 'from-a-file\n' });
    const options = await start({ 'POST /v2/repository/index': () => jsonAnswer([]) });
    vi.stubEnv('MILLRACE_KEY', 'from-the-environment');
    await run(['models', 'list'], options);
    await run(['models', 'list', '--key-file', 'key'], { cwd: folder.path });
    expect(server?.seen.map((request) => request.headers.authorization)).toEqual([
      'Bearer from-the-environment',
      'Bearer from-a-file',
    ]);
    expect(await run(['models', 'list', '--key-file', 'none'], { cwd: folder.path })).toMatchObject({
      code: 2,
      err: 'error: none does not exist\n',
    });
  });
});

describe('init', () => {
  it('says in one line why nothing can be written', async () => {
    await using folder = await createTempFolder({ file: '' });
    expect(await run(['init', 'file/models'], { cwd: folder.path })).toMatchObject({
      code: 2,
      err: 'error: file/models/hello/1/model.ts cannot be written (ENOTDIR)\n',
    });
  });
});

describe('models', () => {
  it('lists versions with their state', async () => {
    const options = await start({ 'POST /v2/repository/index': () => jsonAnswer(INDEX) });
    const { code, out } = await run(['models', 'list'], options);
    expect(code).toBe(0);
    expect(out).toBe(
      [
        'MODEL    VERSION   STATE         REASON',
        'mlp            1   ready',
        'broken             unavailable   no model.onnx',
        '',
      ].join('\n'),
    );
    expect(JSON.parse((await run(['models', 'list', '--json', '--ready'], options)).out)).toEqual(INDEX);
    expect(server?.seen.map(({ body }) => body.toString())).toEqual(['{}', '{"ready":true}']);
  });

  it('lists the memory that each version needs, page by page', async () => {
    const versionOf = (memory: object) => [{ version: 1, state: 'ready', memory }];
    const measured = { rest_bytes: 62_000_000, peak_bytes: 81_500_000, measured: true };
    const first = { name: 'mlp', aliases: [], labels: {}, versions: versionOf(measured) };
    const second = { ...first, name: 'other', versions: versionOf({ ...measured, measured: false }) };
    const options = await start({
      'POST /v2/repository/index': () => jsonAnswer([...INDEX, { name: 'other', version: '1', state: 'READY' }]),
      'GET /millrace/v1/models?limit=1000': () => jsonAnswer({ models: [first], next: 'mlp' }),
      'GET /millrace/v1/models?limit=1000&after=mlp': () => jsonAnswer({ models: [second] }),
    });
    expect((await run(['models', 'list', '--memory'], options)).out).toBe(
      [
        'MODEL    VERSION   STATE            NEED      PEAK   FROM        REASON',
        'mlp            1   ready         62.0 MB   81.5 MB   measured',
        'broken             unavailable                                   no model.onnx',
        'other          1   ready         62.0 MB   81.5 MB   estimated',
        '',
      ].join('\n'),
    );
  });

  it('says that there are none', async () => {
    const options = await start({ 'POST /v2/repository/index': () => ({}) });
    expect((await run(['models', 'list'], options)).out).toBe('no models\n');
  });

  it('shows one', async () => {
    const options = await start({
      'GET /v2/models/mlp': () => jsonAnswer(METADATA),
      'GET /v2/models/mlp/versions/2': () => jsonAnswer(METADATA),
      'GET /v2/models/mlp/config': () => jsonAnswer({ max_batch_size: 8 }),
    });
    expect((await run(['models', 'show', 'mlp'], options)).out).toBe(
      [
        'mlp',
        '  versions 1, 2',
        '  platform onnxruntime_onnx',
        '  batch    up to 8 rows, requests are not batched',
        '  inputs   x FP32[-1,2]',
        '  outputs  y FP32[-1,2]',
        '',
      ].join('\n'),
    );
    const { out } = await run(['models', 'show', 'mlp', '--model-version', '2', '--json'], options);
    expect(JSON.parse(out)).toEqual(METADATA);
  });

  it('shows how its versions run, to callers who may know', async () => {
    const batching = { enabled: true, reason: 'measured_in_runs', detail: 'measured in 15 pairs of runs: …' };
    const instances = [
      { id: 'mlp/2#0', up: true, restarts: 0, memory_limit: { bytes: 4_294_967_296, source: 'default' } },
    ];
    const memory = { rest_bytes: 62_000_000, peak_bytes: 81_500_000, measured: true };
    const second = { version: 2, state: 'ready', batching, instances, memory };
    const first = { ...second, version: 1, batching: { ...batching, enabled: false, detail: 'configured' } };
    let versions = [second, { version: 1, state: 'unloaded', instances: [] }];
    const options = await start({
      'GET /v2/models/mlp': () => jsonAnswer(METADATA),
      'GET /v2/models/mlp/config': () => jsonAnswer({ max_batch_size: 8 }),
      'GET /millrace/v1/models/mlp/versions': () => jsonAnswer({ model: 'mlp', versions }),
    });
    const show = async (...flags: readonly string[]) => (await run(['models', 'show', 'mlp', ...flags], options)).out;
    expect((await show()).split('\n').slice(3, -1)).toEqual([
      '  batch    up to 8 rows',
      '  inputs   x FP32[-1,2]',
      '  outputs  y FP32[-1,2]',
      '  batching on: measured in 15 pairs of runs: …',
      '  memory   62.0 MB (81.5 MB while it loads); at most 4.3 GB a runner (the default)',
    ]);
    versions = [first, second];
    expect((await show()).split('\n').slice(6, 8)).toEqual([
      '  batching version 1: off: configured',
      '           version 2: on: measured in 15 pairs of runs: …',
    ]);
    expect(JSON.parse(await show('--json'))).toMatchObject({ ...METADATA, running: versions });
  });

  it('suggests a name', async () => {
    const options = await start({ 'POST /v2/repository/index': () => jsonAnswer(INDEX) });
    const { code, err } = await run(['models', 'show', 'mpl'], options);
    expect({ code, err }).toEqual({ code: 1, err: 'error: there is nothing at /v2/models/mpl; did you mean mlp?\n' });
  });

  it('shows statistics', async () => {
    const none = { count: 0, ns: 0 };
    const inference_stats = {
      success: { count: 2, ns: 4_000_000 },
      fail: none,
      queue: { count: 2, ns: 200_000 },
      compute_input: none,
      compute_infer: { count: 2, ns: 2_400_000 },
      compute_output: none,
    };
    const row = {
      name: 'mlp',
      version: '1',
      last_inference: 0,
      inference_count: 6,
      execution_count: 2,
      inference_stats,
      batch_stats: [],
    };
    const options = await start({
      'GET /v2/models/stats': () => jsonAnswer({ model_stats: [row] }),
      'GET /v2/models/mlp/stats': () => jsonAnswer({ model_stats: [row] }),
    });
    expect((await run(['models', 'stats'], options)).out).toBe(
      [
        'MODEL   VERSION   OK   FAILED   ROWS   RUNS   ROWS/RUN     TOTAL      QUEUE   COMPUTE   LAST',
        'mlp           1    2        0      6      2        3.0   2.00 ms   0.100 ms   1.20 ms   never',
        '',
      ].join('\n'),
    );
    expect(JSON.parse((await run(['models', 'stats', 'mlp', '--json'], options)).out)).toEqual([row]);
    expect((await run(['models', 'stats'], { ...options, columns: 80 })).out).toBe(
      [
        'MODEL  VERSION  OK  FAILED  ROWS  RUNS  ROWS/RUN    TOTAL     QUEUE  COMPUTE',
        'mlp          1   2       0     6     2       3.0  2.00 ms  0.100 ms  1.20 ms',
        'no room for LAST; --json has all',
        '',
      ].join('\n'),
    );
  });

  it('loads, with another configuration if told so, and unloads', async () => {
    await using folder = await createTempFolder({ 'config.json': '{"maxBatchSize":2}' });
    const options = await start({
      'POST /v2/repository/models/mlp/load': () => ({}),
      'POST /v2/repository/models/mlp/unload': () => ({}),
    });
    const where = { ...options, cwd: folder.path };
    expect(await run(['models', 'load', 'mlp', '--model-config', 'config.json'], where)).toMatchObject({
      code: 0,
      out: 'loaded mlp\n',
    });
    expect(await run(['models', 'unload', 'mlp', '--json'], where)).toMatchObject({
      code: 0,
      out: '{"model":"mlp","loaded":false}\n',
    });
    expect(server?.seen[0]?.body.toString()).toBe('{"parameters":{"config":"{\\"maxBatchSize\\":2}"}}');
  });
});

describe('types', () => {
  it('prints an interface for each model, with the inputs that may be left out', async () => {
    const inputs = [...METADATA.inputs, { name: 'sample-rate', datatype: 'INT64', shape: [] }];
    const options = await start({
      'GET /v2/models/mlp': () => jsonAnswer({ ...METADATA, inputs }),
      'GET /v2/models/mlp/config': () => jsonAnswer({ input: [{ name: 'sample-rate', optional: true }] }),
    });
    expect((await run(['types', 'mlp'], options)).out).toBe(
      [
        "/** `client.model<Mlp>('mlp')` */",
        'export interface Mlp {',
        '  readonly inputs: {',
        '    /** FP32[-1,2] */',
        "    readonly x: 'FP32';",
        '    /** INT64[] */',
        '    readonly "sample-rate"?: \'INT64\';',
        '  };',
        '  readonly outputs: {',
        '    /** FP32[-1,2] */',
        "    readonly y: 'FP32';",
        '  };',
        '}',
        '',
      ].join('\n'),
    );
    expect(JSON.parse((await run(['types', 'mlp', '--json'], options)).out)).toEqual([{ ...METADATA, inputs }]);
  });
});

describe('config', () => {
  it('checks file, environment and flags together', async () => {
    await using folder = await createTempFolder({
      'millrace.yaml': 'server: { httpPort: 9000 }\n',
      'bad.yaml': 'sevrer: {}\n',
    });
    const where = { cwd: folder.path };
    expect(await run(['config', 'check'], where)).toMatchObject({ code: 0, out: 'the settings are valid\n' });
    expect(await run(['config', 'check', '--json'], where)).toMatchObject({ code: 0, out: '{"valid":true}\n' });
    const { code, err } = await run(['config', 'check', '-c', 'bad.yaml'], where);
    expect(code).toBe(2);
    expect(err).toContain('did you mean server?');
  });

  it('prints what holds, without secrets', async () => {
    const env = { MILLRACE_AUTH_KEYS: '[{"name":"ci","key":"${env:CI_KEY}"}]', CI_KEY: '0123456789abcdef0123' };
    const { out } = await run(
      [
        'config',
        'print',
        '--json',
        '--exit-timeout-secs',
        '5',
        '--model-control-mode',
        'explicit',
        '--load-model',
        'a',
        '--load-model',
        'b',
      ],
      { env },
    );
    const settings = JSON.parse(out);
    expect(settings.server.gracePeriodMs).toBe(5000);
    expect(settings.repository.loadModels).toEqual(['a', 'b']);
    expect(settings.auth.keys[0].key).toBe('[redacted]');
    expect((await run(['config', 'print'])).out).toContain('httpPort: 8000');
  });

  it.each([
    [['--allow-client-shm'], true],
    [['--allow-client-shm=true'], true],
    [['--allow-client-shm=false'], false],
    [[], true],
  ])('takes switches alone and with a value: %j', async (flags, enabled) => {
    const env = { MILLRACE_SHARED_MEMORY_ENABLED: 'true' };
    const { out } = await run(['config', 'print', ...flags, '--json'], { env });
    expect(JSON.parse(out).sharedMemory.enabled).toBe(enabled);
  });

  it.each([['--cache-config=local,size=1048576'], ['--response-cache-byte-size', '1048576']])(
    "takes the cache's size as Triton's flags write it: %s",
    async (...flags) => {
      const { out } = await run(['config', 'print', ...flags, '--json']);
      expect(JSON.parse(out).engine.responseCacheBytes).toBe(1_048_576);
    },
  );

  it("takes no cache of Triton's that there is not", async () => {
    const { code, err } = await run(['config', 'check', '--cache-config', 'redis,host=localhost']);
    expect(code).toBe(2);
    expect(err).toContain("Expected local,size=<bytes>, got 'redis,host=localhost'.");
  });

  it('takes no word after a switch for its value, and only true or false', async () => {
    expect((await run(['config', 'print', '--allow-client-shm', 'no'])).err).toContain('too many arguments');
    expect((await run(['config', 'check', '--allow-client-shm=no'])).err).toContain(
      "error: --allow-client-shm: sharedMemory.enabled: expected true | false, got 'no'",
    );
  });

  it('prints the schema', async () => {
    expect(JSON.parse((await run(['config', 'schema'])).out)).toHaveProperty('properties.server');
  });
});
