import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PartialSettings } from '../../src/config/index.js';
import { type AppServer, jsonOf, startAppServer } from '../support/app-server.js';
import { SHADOWED_MODELS, shadowed, shadowedModel } from '../support/shadow-models.js';
import { sendNumbers, settledReport, shadowReport } from '../support/shadow-reports.js';

const ROUTES = {
  same: shadowed('same'),
  drifting: shadowed('drifting', { keepSamples: 2 }),
  failing: shadowed('failing'),
  crashing: shadowed('crashing'),
  hanging: shadowed('hanging', { timeoutMs: 300, maxPending: 4 }),
  acting: shadowed('acting'),
  'acting-anyway': shadowed('acting', { allowSideEffects: true }),
  'to-itself': { arms: [{ model: 'same', label: 'next', weight: 1 }], shadow: { model: 'same', version: 2 } },
  gone: shadowed('same', { label: 'none' }),
  alone: { arms: [{ model: 'same', label: 'stable', weight: 1 }] },
};

const SETTINGS: PartialSettings = { routes: ROUTES, repository: { controlMode: 'explicit', loadModels: ['*'] } };

let server: AppServer;
beforeAll(async () => {
  server = await startAppServer(SHADOWED_MODELS, SETTINGS);
});
afterAll(() => server[Symbol.asyncDispose]());

const MOMENT = /^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** Numbers from 1 on. */
const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

/** Sends so many numbers to a route, of which each has to be answered. */
async function send(route: string, count: number) {
  await sendNumbers(server, route, upTo(count));
  return settledReport(server, route, count);
}

describe('a shadow', () => {
  it('that answers alike agrees in everything', async () => {
    const report = await send('same', 20);
    expect(report).toMatchObject({ shadow: 'same@next', share: 1, copied: 20, pending: 0, dropped: {} });
    expect(report.pairs).toMatchObject([
      { primary: 'same/1', shadow: 'same/2', requests: 20, compared: 20, agreement: { value: 1, high: 1 } },
    ]);
  });

  it('that answers some requests otherwise is found out, with the right counts and the worst samples', async () => {
    const { pairs, since_at: since } = await send('drifting', 50);
    expect(since).toMatch(MOMENT);
    expect(pairs).toMatchObject([
      {
        since_at: expect.stringMatching(MOMENT),
        compared: 50,
        agreement: { value: 0.8 },
        outputs: [
          { name: 'y', numbers: { elements: 50, differing: { value: 0.2 }, max_difference: 1, non_finite: 0 } },
        ],
        compute_ms: { requests: 50 },
      },
    ]);
    const { samples } = pairs[0];
    expect(samples).toMatchObject([
      {
        at: expect.stringMatching(MOMENT),
        severity: 1,
        outputs: ['y'],
        inputs: [{ name: 'x', shape: [1, 1] }],
        primary: [{ name: 'y' }],
      },
      { severity: 1 },
    ]);
    expect(Number(samples[0].shadow[0].elements[0])).toBe(Number(samples[0].primary[0].elements[0]) + 1);
  });

  it('that fails where the primary does not is counted, with the code', async () => {
    const { pairs } = await send('failing', 10);
    expect(pairs).toMatchObject([{ requests: 10, compared: 5, failures: { only_shadow: 5 }, errors: { internal: 5 } }]);
  });

  it('that brings its runner down harms nobody', async () => {
    const { pairs, dropped } = await send('crashing', 10);
    const [{ failures, errors }] = pairs;
    expect(failures.only_shadow).toBeGreaterThan(0);
    expect(errors).toEqual({ unavailable: failures.only_shadow });
    expect(failures.only_shadow + (dropped.unavailable ?? 0)).toBe(10);
  });

  it('that hangs gets no more copies than may be pending, and is given up on', async () => {
    const { pairs, dropped } = await send('hanging', 20);
    const [{ failures, errors }] = pairs;
    expect(errors).toEqual({ deadline_exceeded: failures.only_shadow });
    expect(dropped.pending).toBeGreaterThan(0);
    expect(failures.only_shadow).toBeGreaterThan(0);
  });

  it('that may have side effects gets copies only where that is allowed', async () => {
    expect(await send('acting', 3)).toMatchObject({ copied: 0, dropped: { side_effects: 3 }, pairs: [] });
    expect(await send('acting-anyway', 3)).toMatchObject({ copied: 3, dropped: {}, pairs: [{ compared: 3 }] });
  });

  it('that is the version that has answered gets no copy', async () => {
    await sendNumbers(server, 'to-itself', [1, 2, 3]);
    expect(await shadowReport(server, 'to-itself')).toMatchObject({ copied: 0, dropped: {}, pairs: [] });
  });

  it('that is not there is no reason to fail', async () => {
    expect(await send('gone', 3)).toMatchObject({ copied: 0, dropped: { unavailable: 3 } });
  });

  it('is told of in metrics, and nothing of its work is in those of callers', async () => {
    const metrics = await fetch(`${server.addresses.metrics?.url}/metrics`).then((answer) => answer.text());
    const count = (line: RegExp) => Number(line.exec(metrics)?.[1]);
    expect(count(/^millrace_shadow_requests_total\{outcome="disagreed",.*route="drifting".*\} (\d+)/m)).toBe(10);
    expect(count(/^millrace_shadow_dropped_total\{.*route="gone".*\} (\d+)/m)).toBe(3);
    expect(metrics).toMatch(/^millrace_shadow_compute_duration_seconds_count\{.*route="same".*\} 20/m);
    expect(metrics).not.toMatch(/^millrace_requests_total\{.*model="drifting",.*version="2"/m);
    expect(metrics).not.toMatch(/^millrace_route_requests_total\{.*model="drifting",.*version="2"/m);
  });

  it.each([
    ['nobody', "there is no route 'nobody'"],
    ['alone', "no shadow is set for the route 'alone'"],
  ])('that a route does not have has no report: %s', async (route, message) => {
    const { status, body } = jsonOf(await server.send(`GET /millrace/v1/routes/${route}/shadow`));
    expect([status, body]).toEqual([404, { error: { code: 'not_found', message } }]);
    expect((await server.send(`POST /millrace/v1/routes/${route}/shadow/reset`)).status).toBe(404);
  });
});

describe('what was counted of a shadow', () => {
  it('is there after a restart, but for the samples, and can be forgotten', async () => {
    const first = await startAppServer(SHADOWED_MODELS, SETTINGS);
    const store = { path: first.app.settings.store.path };
    await sendNumbers(first, 'drifting', upTo(10));
    const before = await settledReport(first, 'drifting', 10);
    await first.app.close();
    await using second = await startAppServer(SHADOWED_MODELS, { ...SETTINGS, store });
    await using _ = first.folder;
    const after = await shadowReport(second, 'drifting');
    expect(before.pairs[0].samples).toHaveLength(2);
    expect(after).toEqual({ ...before, pairs: [{ ...before.pairs[0], samples: [] }] });
    await sendNumbers(second, 'drifting', [1]);
    expect((await settledReport(second, 'drifting', 11)).pairs).toMatchObject([{ compared: 11 }]);
    expect((await second.send('POST /millrace/v1/routes/drifting/shadow/reset')).status).toBe(200);
    expect(await shadowReport(second, 'drifting')).toMatchObject({ copied: 0, pairs: [] });
  });
});

describe('a server that ends', () => {
  it('does not wait for copies', async () => {
    const routes = { hanging: shadowed('hanging', { timeoutMs: 3_600_000 }) };
    await using ending = await startAppServer(shadowedModel('hanging'), {
      routes,
      server: { gracePeriodMs: 3_600_000 },
    });
    const dropped: string[] = [];
    ending.app.events.subscribe('shadowDropped', ({ reason }) => dropped.push(reason));
    await sendNumbers(ending, 'hanging', [1, 2]);
    expect(await shadowReport(ending, 'hanging')).toMatchObject({ copied: 2, pending: 2 });
    await ending.app.close();
    expect(dropped).toEqual(['stopped', 'stopped']);
  });
});
