import { describe, expect, it, vi } from 'vitest';
import { startAppServer } from '../support/app-server.js';

/** A script that answers with what it can see of the variables that it is asked for, and with its process. */
const SCRIPT = `export default {
  inputs: { names: 'BYTES[-1]' }, outputs: { values: 'BYTES[-1]', pid: 'INT32[1]' },
  infer: ({ inputs }) => ({
    values: [...inputs.names.data].map((name) => process.env[name] ?? ''),
    pid: [process.pid],
  }),
};`;
const NAMES = ['MILLRACE_TEST_SECRET', 'OF_A_MODEL', 'TZ'];
const REQUEST = { inputs: [{ name: 'names', datatype: 'BYTES', shape: [NAMES.length], data: NAMES }] };

describe('a script', () => {
  it('sees of the environment of the server only what every program needs and what its configuration names', async () => {
    vi.stubEnv('MILLRACE_TEST_SECRET', 'the key of the server');
    vi.stubEnv('OF_A_MODEL', 'for one model');
    vi.stubEnv('TZ', 'UTC');
    const shared = (names: string) => `instances: { runner: shared, environment: [${names}] }`;
    await using server = await startAppServer({
      'plain/1/model.ts': SCRIPT,
      'named/1/model.ts': SCRIPT,
      'named/model.yaml': 'instances: { environment: [OF_A_MODEL] }',
      'a/1/model.ts': SCRIPT,
      'a/model.yaml': shared('OF_A_MODEL'),
      'b/1/model.ts': SCRIPT,
      'b/model.yaml': shared('OF_A_MODEL'),
      'c/1/model.ts': SCRIPT,
      'c/model.yaml': shared(''),
    });
    const ask = async (model: string) => {
      const { body } = await server.infer(model, REQUEST);
      const [values, pid] = body.outputs.map(({ data }: { data: unknown[] }) => data);
      return { values, pid: pid[0] };
    };
    expect((await ask('plain')).values).toEqual(['', '', 'UTC']);
    expect((await ask('named')).values).toEqual(['', 'for one model', 'UTC']);
    const [a, b, c] = [await ask('a'), await ask('b'), await ask('c')];
    expect([a.values, b.values, c.values]).toEqual([
      ['', 'for one model', 'UTC'],
      ['', 'for one model', 'UTC'],
      ['', '', 'UTC'],
    ]);
    expect([a.pid === b.pid, a.pid === c.pid]).toEqual([true, false]);
  });

  it('is given no variables by those who load it over the network', async () => {
    await using server = await startAppServer({ 'm/1/model.ts': SCRIPT }, { repository: { controlMode: 'explicit' } });
    const config = JSON.stringify({ instances: { environment: ['OF_A_MODEL'] } });
    const { status, body } = await server.send(
      'POST /v2/repository/models/m/load',
      JSON.stringify({ parameters: { config } }),
    );
    expect([status, JSON.parse(body.toString()).error]).toEqual([
      400,
      "configuration given for model 'm': instances.environment can be set in the model's own files only",
    ]);
  });

  it('or any model in the process of the server is refused variables of its own', async () => {
    await using server = await startAppServer({
      'm/1/': '',
      'm/model.yaml': `runtime: echo
inputs: [{ name: x, datatype: INT32, shape: [1] }]
outputs: [{ name: x, datatype: INT32, shape: [1] }]
instances: { placement: inline, environment: [OF_A_MODEL] }`,
    });
    expect(await server.index()).toEqual([
      'm/1: UNAVAILABLE: instances.environment names variables for a runner process, but instances.placement is inline',
    ]);
  });
});
