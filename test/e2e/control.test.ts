import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AppServer, startAppServer } from '../support/app-server.js';
import { run as runCli } from '../support/cli-fixture.js';
import { control, echoModel } from '../support/control-fixture.js';

describe('what is declared', () => {
  let server: AppServer;
  beforeAll(async () => {
    server = await startAppServer(
      { 'fraud/model.yaml': echoModel('labels: { stable: 3, canary: 4 }'), 'fraud/3/': '', 'fraud/4/': '' },
      { routes: { live: { arms: [{ model: 'fraud', label: 'canary', weight: 1 }] } } },
    );
  });
  afterAll(() => server[Symbol.asyncDispose]());
  const get = (path: string) => control(server, `GET ${path}`);

  it('is told: routes', async () => {
    const live = {
      name: 'live',
      owner: 'file',
      place: '',
      in_force: true,
      ready: true,
      route: { arms: [{ model: 'fraud', label: 'canary', weight: 1 }], fallback: [], rules: [] },
    };
    expect(await get('routes')).toMatchObject({ status: 200, body: { routes: [live] } });
    expect(await get('routes/live')).toMatchObject({ status: 200, body: live });
    expect(await get('routes/life')).toMatchObject({
      status: 404,
      body: { error: { code: 'not_found', message: "there is no route 'life'; did you mean 'live'?" } },
    });
  });

  it('is told on the command line', async () => {
    const run = async (...argv: readonly string[]) => {
      const { code, out } = await runCli([...argv, '--url', `http://127.0.0.1:${server.port}`]);
      expect(code).toBe(0);
      return out;
    };
    expect(await run('routes', 'list')).toMatch(/live +file +ready +fraud@canary 100 %/);
    expect(await run('routes', 'show', 'live')).toBe(
      '# file; ready\nroutes:\n  live:\n    arms:\n      - model: fraud\n        label: canary\n        weight: 1\n',
    );
  });

  it('is told: labels', async () => {
    expect(await get('models/fraud/labels')).toMatchObject({
      status: 200,
      body: {
        model: 'fraud',
        labels: [
          { label: 'canary', version: 4, owner: 'file', place: 'fraud/model.yaml:5:22', ready: true },
          { label: 'stable', version: 3, owner: 'file', place: 'fraud/model.yaml:5:11', ready: true },
        ],
      },
    });
    expect(await get('models/fraut/labels')).toMatchObject({
      status: 404,
      body: { error: { code: 'not_found', message: "there is no model 'fraut'; did you mean 'fraud'?" } },
    });
  });
});
