import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { connect } from '../../src/client/index.js';
import { FREE_PORTS, runCliProcess, startCli } from '../support/cli-process.js';
import { createTempFolder } from '../support/model-folder.js';
import { until } from '../support/until.js';

const ECHO =
  'runtime: echo\ninputs: [{ name: text, datatype: BYTES, shape: [-1] }]\noutputs: [{ name: echo, datatype: BYTES, shape: [-1] }]\n';
const SLOW_ECHO = `${ECHO}echo: { delayMs: 1500 }\nbatching: { enabled: false }\n`;

describe('millrace serve', () => {
  it('says where it listens and what it serves, answers, and drains on SIGTERM', async () => {
    await using folder = await createTempFolder({
      'echo/model.yaml': ECHO,
      'echo/1/': '',
      'broken/1/model.onnx': 'no model',
    });
    await using cli = startCli(['serve', folder.path, ...FREE_PORTS, '--json']);
    const listening = await cli.nextEvent();
    expect(listening).toMatchObject({ event: 'listening', pid: cli.child.pid });
    expect(listening).not.toHaveProperty('dialects');
    const ready = await cli.nextEvent();
    expect(ready).toMatchObject({
      event: 'ready',
      models: [{ name: 'echo', version: 1, placement: 'process', memoryBytes: expect.any(Number) }],
      unserved: [{ name: 'broken', version: 1 }],
    });
    const { outputs } = await connect(String(listening.http))
      .model('echo')
      .infer({ text: ['hello'] });
    expect(outputs.echo?.data).toEqual(['hello']);
    expect(await (await fetch(`${listening.metrics}/metrics`)).text()).toContain('nv_inference_request_success');
    cli.child.kill('SIGTERM');
    const { exit, out } = await cli.ended;
    expect(exit).toBe(0);
    expect(out.trimEnd().split('\n').at(-1)).toBe('{"event":"stopped"}');
  });

  it('says where dialects with ports of their own listen', async () => {
    await using folder = await createTempFolder({ 'millrace.yaml': 'oip: { httpPort: 0, grpcPort: 0 }\n' });
    const config = ['--config', `${folder.path}/millrace.yaml`];
    await using cli = startCli(['serve', folder.path, ...FREE_PORTS, ...config, '--json']);
    const { dialects } = await cli.nextEvent();
    expect(dialects).toEqual({
      oip: { http: expect.stringMatching(/^http:\/\/127/), grpc: expect.stringMatching(/^127/) },
    });
  });

  it('prints a table for people', async () => {
    await using folder = await createTempFolder({
      'echo/model.yaml': ECHO,
      'echo/1/': '',
      'broken/1/model.onnx': 'no model',
    });
    await using cli = startCli(['serve', folder.path, ...FREE_PORTS, '--log-verbose', '1']);
    const printed = new Promise<void>((done) => {
      let text = '';
      cli.child.stdout.on('data', (chunk: Buffer) => {
        text += chunk.toString();
        if (text.includes('1 of 2 served')) done();
      });
    });
    await printed;
    cli.child.kill('SIGINT');
    const { exit, out, err } = await cli.ended;
    expect(exit).toBe(0);
    expect(out).toMatch(
      /^millrace .+\n {2}requests {2}http:\/\/127\.0\.0\.1:\d+\n {2}gRPC {6}127\.0\.0\.1:\d+\n {2}docs {6}http:\S+\/docs\n {2}metrics {3}http:\S+\/metrics\n/,
    );
    expect(out).toMatch(/^MODEL {3}VERSION {3}INPUTS {11}OUTPUTS/m);
    expect(out).toMatch(/^echo {10}1 {3}text BYTES\[-1\] {3}echo BYTES\[-1\]/m);
    expect(out).toMatch(/^not served: broken version 1: /m);
    expect(err).toContain('stopping: accepted requests finish (a second signal ends them)\n');
  });

  it('lists the first tensors of a model that has hundreds, in JSON all of them, and answers', async () => {
    const specs = Array.from({ length: 200 }, (_, at) => `{ name: x${at}, datatype: BYTES, shape: [-1] }`).join(', ');
    await using folder = await createTempFolder({
      'wide/model.yaml': `runtime: echo\ninputs: [${specs}]\noutputs: [${specs}]\n`,
      'wide/1/': '',
    });
    await using forPeople = startCli(['serve', folder.path, ...FREE_PORTS]);
    await until('the table is printed', () => forPeople.written().out.includes('1 of 1 served'));
    expect(forPeople.written().out).toMatch(
      /^ +x9 BYTES\[-1\] +x9 BYTES\[-1\]\n +and 190 more +and 190 more\n\n1 of 1 served$/m,
    );
    const url = /requests +(http:\S+)/.exec(forPeople.written().out)?.[1];
    expect((await fetch(`${url}/v2/health/ready`)).status).toBe(200);
    await using forPrograms = startCli(['serve', folder.path, ...FREE_PORTS, '--json']);
    await forPrograms.nextEvent();
    const { models } = await forPrograms.nextEvent();
    expect(models).toMatchObject([{ inputs: { length: 200 } }]);
  });

  /** Sends a request that takes a while, and resolves when it is at an instance. */
  async function occupy({ http, metrics }: Readonly<Record<string, unknown>>) {
    const accepted = connect(String(http))
      .model('slow')
      .infer({ text: { data: ['last'], shape: [1], datatype: 'BYTES' } });
    // Whether it is answered is for the test to say.
    accepted.catch(() => undefined);
    await until('a request is at an instance', async () => {
      const text = await (await fetch(`${metrics}/metrics`)).text();
      return /^millrace_executing_requests\{.*\} 1$/m.test(text);
    });
    return { accepted };
  }

  it('lets an accepted request finish after the first signal', async () => {
    await using folder = await createTempFolder({ 'slow/model.yaml': SLOW_ECHO, 'slow/1/': '' });
    await using cli = startCli(['serve', folder.path, ...FREE_PORTS, '--json', '--log-level', 'debug']);
    const addresses = await cli.nextEvent();
    await cli.nextEvent();
    const { accepted } = await occupy(addresses);
    cli.child.kill('SIGTERM');
    expect((await accepted).outputs.echo?.data).toEqual(['last']);
    expect((await cli.ended).exit).toBe(0);
  });

  it('ends at once at the second signal', async () => {
    await using folder = await createTempFolder({
      'slow/model.yaml': SLOW_ECHO.replace('1500', '60000'),
      'slow/1/': '',
    });
    await using cli = startCli(['serve', folder.path, ...FREE_PORTS]);
    const stopping = new Promise<void>((done) => {
      cli.child.stderr.on('data', (chunk: Buffer) => {
        if (chunk.toString().includes('stopping: ')) done();
      });
    });
    const listening = new Promise<string>((done) => {
      let out = '';
      cli.child.stdout.on('data', (chunk: Buffer) => {
        out += chunk.toString();
        if (/^slow +1 /m.test(out)) done(out);
      });
    });
    const out = await listening;
    const urlOf = (what: string) => new RegExp(`^ *${what} +(http://[^/\\s]+)`, 'm').exec(out)?.[1];
    await occupy({ http: urlOf('requests'), metrics: urlOf('metrics') });
    cli.child.kill('SIGTERM');
    await stopping;
    cli.child.kill('SIGTERM');
    expect((await cli.ended).exit).toBe(143);
  });

  it.each([
    ['missing', 'the model repository PATH does not exist. Create it, or name another folder: millrace serve <folder>'],
    [
      'empty',
      'there is no model in PATH. Put one there as <model>/1/model.onnx or as a bare <model>.onnx, or name another folder: millrace serve <folder>',
    ],
    [
      'other',
      'there is no model in PATH. Put one there as <model>/1/model.onnx or as a bare <model>.onnx, or name another folder: millrace serve <folder>',
    ],
  ])('says in one sentence that a folder is %s', async (name, sentence) => {
    await using folder = await createTempFolder({ 'empty/': '', 'other/readme.txt': 'no model' });
    const path = join(folder.path, name);
    await using cli = startCli(['serve', path, ...FREE_PORTS, '--json', '--log-level', 'silent']);
    const { exit, err } = await cli.ended;
    expect(exit).toBe(2);
    expect(JSON.parse(err)).toEqual({ error: sentence.replace('PATH', path), code: 'invalid_argument' });
  });

  it('waits for models in an empty folder that it polls', async () => {
    await using folder = await createTempFolder();
    await using cli = startCli([
      'serve',
      '--model-repository',
      folder.path,
      '--model-control-mode',
      'poll',
      ...FREE_PORTS,
      '--json',
    ]);
    await cli.nextEvent();
    expect(await cli.nextEvent()).toEqual({ event: 'ready', models: [], unserved: [] });
    cli.child.kill('SIGTERM');
    expect((await cli.ended).exit).toBe(0);
  });

  it('ends when a model does not load and --strict is given', async () => {
    await using folder = await createTempFolder({ 'broken/1/model.onnx': 'no model' });
    await using cli = startCli(['serve', folder.path, ...FREE_PORTS, '--strict']);
    const { exit, err } = await cli.ended;
    expect(exit).toBe(1);
    expect(err).toMatch(/^error: models failed to load: broken: /m);
  });

  it.each([[[]], [['--strict']]])(
    'stops in order, without an error, while models are still loading (%j)',
    async (flags) => {
      await using folder = await createTempFolder({
        'slow/1/model.js': 'await new Promise(() => setInterval(() => {}, 1e6));',
        'slow-as-well/1/model.js': 'await new Promise(() => setInterval(() => {}, 1e6));',
      });
      await using cli = startCli(['serve', folder.path, ...FREE_PORTS, '--json', ...flags]);
      expect(await cli.nextEvent()).toMatchObject({ event: 'listening' });
      cli.child.kill('SIGTERM');
      const { exit, out, err } = await cli.ended;
      expect([exit, out.trimEnd().split('\n').at(-1)]).toEqual([0, '{"event":"stopped"}']);
      expect(err).not.toMatch(/"level":"(?:warn|error)"/);
    },
  );

  it('loads and unloads for the command line in explicit mode', async () => {
    const models = resolve('examples/models');
    const explicit = ['--model-control-mode', 'explicit', '--load-model', 'echo'];
    await using server = startCli(['serve', models, ...explicit, ...FREE_PORTS, '--json']);
    const { http } = await server.nextEvent();
    expect(await server.nextEvent()).toMatchObject({ models: [{ name: 'echo' }] });
    const control = (...argv: readonly string[]) => runCliProcess('models', ...argv, '--url', String(http));
    expect(await control('load', 'mlp')).toMatchObject({ exit: 0, out: 'loaded mlp\n' });
    expect(JSON.parse((await control('list', '--ready', '--json')).out)).toHaveLength(2);
    expect(await control('unload', 'mlp')).toMatchObject({ exit: 0, out: 'unloaded mlp\n' });
    expect((await control('load', 'mlq')).err).toContain('did you mean mlp?');
  });
});
