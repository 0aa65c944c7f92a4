import { afterEach, describe, expect, it } from 'vitest';
import type { PartialSettings } from '../../src/config/index.js';
import { type AppServer, startAppServer } from '../support/app-server.js';
import { until } from '../support/until.js';

const FAULTY = `runtime: echo
inputs: [{ name: x, datatype: INT32, shape: [1] }]
outputs: [{ name: x, datatype: INT32, shape: [1] }]
echo: { faults: true }
`;
const MODELS = {
  'new/model.yaml': FAULTY,
  'new/1/': '',
  'old/model.yaml': FAULTY,
  'old/1/': '',
};

let server: AppServer | undefined;
afterEach(async () => {
  await server?.[Symbol.asyncDispose]();
  server = undefined;
});

type Routes = NonNullable<PartialSettings['routes']>;

async function start(route: Partial<NonNullable<Routes[string]>>): Promise<AppServer> {
  const arms = [
    { model: 'new', weight: 1 },
    { model: 'old', weight: 0 },
  ];
  const live = { arms, rules: [], fallback: [], ...route };
  server = await startAppServer(MODELS, {
    routes: { live },
    engine: { restartBackoffMs: 60_000, maxRestartBackoffMs: 60_000 },
  });
  return server;
}

/** Which arm has answered, or how it has failed. */
async function ask(parameters: object = {}): Promise<string> {
  const body = JSON.stringify({ parameters, inputs: [{ name: 'x', datatype: 'INT32', shape: [1], data: [7] }] });
  const url = `${server?.addresses.http.url}/v2/models/live/infer`;
  const answer = await fetch(url, { method: 'POST', body });
  const { error = answer.headers.get('x-millrace-arm') } = (await answer.json()) as { readonly error?: string };
  return `${answer.status} ${error}`;
}

describe('a fallback arm', () => {
  it('answers where the chosen one is down', async () => {
    const { app } = await start({ fallback: ['old'] });
    expect(await ask()).toBe('200 new');
    // The request that kills it may have run, and might kill the next one as well.
    expect(await ask({ fault: 'exit' })).toMatch(/^503 /);
    await until('the runner is gone', () => app.engine.statusesOf('new')[0]?.state.kind === 'recovering');
    expect(await ask()).toBe('200 old');
  });

  it('does not answer where the chosen one has an error of the request', async () => {
    await start({ fallback: ['old'] });
    expect(await ask({ fault: 'raise' })).toMatch(/^500 /);
  });
});

describe('an arm that fails again and again', () => {
  it('is left out while another one serves, and the log says why', async () => {
    const arms = [
      { model: 'new', weight: 999_999 },
      { model: 'old', weight: 1 },
    ];
    const { log } = await start({
      arms,
      outlierDetection: { consecutiveErrors: 2, ejectionMs: 3_600_000, maxEjectionMs: 3_600_000 },
    });
    expect(await ask({ fault: 'raise' })).toMatch(/^500 /);
    expect(await ask()).toBe('200 new');
    for (let round = 0; round < 2; round++) expect(await ask({ fault: 'raise' })).toMatch(/^500 /);
    for (let round = 0; round < 5; round++) expect(await ask()).toBe('200 old');
    const said = log.map(({ msg }) => msg).filter((msg) => msg.startsWith("route 'live'"));
    expect(said).toHaveLength(1);
    expect(said[0]).toMatch(/^route 'live' leaves out its arm 'new' for 3600000 ms: /);
  });

  it('goes on where nobody else serves', async () => {
    await start({ outlierDetection: { consecutiveErrors: 1, ejectionMs: 3_600_000, maxEjectionMs: 3_600_000 } });
    expect(await ask({ fault: 'raise' })).toMatch(/^500 /);
    expect(await ask()).toBe('200 new');
  });
});
