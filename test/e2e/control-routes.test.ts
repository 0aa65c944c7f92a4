import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AppServer } from '../support/app-server.js';
import { answererOf, CONTROL_MODELS, control, errorOf, startControlServer } from '../support/control-fixture.js';
import { createTempFolder } from '../support/model-folder.js';

const to = (version: number, more: object = {}) => ({ arms: [{ model: 'fraud', version }], ...more });

describe('routes through the API', () => {
  let server: AppServer;
  beforeAll(async () => {
    server = await startControlServer({ routes: { filed: { arms: [{ model: 'fraud', version: 3, weight: 1 }] } } });
  });
  afterAll(() => server[Symbol.asyncDispose]());
  const ask = (line: string, body?: unknown, headers = {}) => control(server, line, { body, headers });

  it('are declared, changed, removed, and brought back', async () => {
    const created = await ask('PUT routes/live', to(3), { 'if-none-match': '*' });
    expect(created).toMatchObject({ status: 200, etag: '"1"', body: { name: 'live', change: 'created' } });
    expect(await answererOf(server, 'live')).toBe('3');
    expect((await ask('PUT routes/live', to(4), { 'if-match': '"1"' })).body).toMatchObject({
      change: 'changed',
      before: to(3),
      after: to(4),
    });
    expect(await answererOf(server, 'live')).toBe('4');
    expect(await ask('PUT routes/live', to(4))).toMatchObject({ etag: '"2"', body: { change: 'unchanged' } });
    expect(await ask('GET routes/live')).toMatchObject({
      etag: '"2"',
      body: { owner: 'api', ready: true, changed_by: 'anonymous', route: to(4) },
    });
    expect((await ask('DELETE routes/live')).body).toMatchObject({ change: 'removed', before: to(4) });
    expect(await answererOf(server, 'live')).toBe("404 Request for unknown model: 'live' is not found");
    expect(await ask('POST routes/live/undo')).toMatchObject({ etag: '"4"', body: { change: 'created' } });
    expect((await ask('POST routes/live/undo')).body.change).toBe('removed');
    const { history } = (await ask('GET routes/live/history')).body;
    expect(history.map((revision: object) => 'route' in revision)).toEqual([false, true, false, true, true]);
    expect(history).toMatchObject([
      { revision: 5, changed_by: 'anonymous' },
      { revision: 4, route: to(4) },
      { revision: 3 },
      { revision: 2, route: to(4) },
      { revision: 1, route: to(3) },
    ]);
  });

  it('are applied together or not at all, and tried before', async () => {
    await ask('PUT routes', { routes: { a: to(3), b: to(3) } });
    const routes = { a: to(4), b: null, c: to(4) };
    const dry = await ask('PUT routes?dry_run=true', { routes });
    const changes = [
      { name: 'a', change: 'changed', before: to(3), after: to(4) },
      { name: 'b', change: 'removed', before: to(3) },
      { name: 'c', change: 'created', after: to(4) },
    ];
    expect(dry.body).toMatchObject({ dry_run: true, changes });
    expect(await answererOf(server, 'a')).toBe('3');
    const { etag = '' } = await ask('GET routes');
    expect(dry.etag).toBe(etag);
    const applied = await ask('PUT routes', { routes }, { 'if-match': etag });
    expect(applied.body).toMatchObject({ dry_run: false, changes });
    expect(applied.etag).toMatch(/^"\w{16}"$/);
    expect((await ask('GET routes')).etag).toBe(applied.etag);
    expect(await answererOf(server, 'a')).toBe('4');
    expect((await ask('GET routes')).body.routes.map(({ name }: { name: string }) => name)).toEqual([
      'a',
      'c',
      'filed',
    ]);
    const stale = await ask('PUT routes', { routes }, { 'if-match': etag });
    expect(errorOf(stale)).toMatch(
      /^412 failed_precondition: the routes are at "\w{16}" now, expected "\w{16}": somebody has changed them meanwhile$/,
    );
  });

  it.each([
    [{ x: {} }, 'routes.x.arms is missing, expected list of map'],
    [{ x: { arms: [] } }, 'routes.x.arms: expected at least 1 in the list, got none'],
    [{ '@y': to(3) }, 'unknown key routes.@y'],
    // The store would return it as the route 'live'.
    [{ 'live\0x': to(3) }, 'unknown key routes.live\0x'],
    [
      { x: { arms: [{ model: 'fraud', version: 3, weight: -1 }] } },
      'routes.x.arms[0].weight: expected number (0 to 1000000), got -1',
    ],
    [
      { x: { arms: [{ model: 'fraud', version: 3, weight: 0 }] } },
      'routes.x.arms: expected an arm with a weight of more than 0',
    ],
    [{ x: to(3, { stikcy: {} }) }, 'unknown key routes.x.stikcy; did you mean sticky?'],
    [{ x: to(3, { fallback: ['y'] }) }, "routes.x.fallback[0]: there is no arm 'y'; there is '3'"],
    [{ x: to(3, { rules: [{ when: 'headers[', arm: '3' }] }) }, /^routes\.x\.rules\[0\]\.when: /],
    [{ x: { arms: [{ model: 'froud' }] } }, "routes.x.arms[0].model: there is no model 'froud'; did you mean 'fraud'?"],
    [
      { x: { arms: [{ model: 'fraud', label: 'canary' }] } },
      "routes.x.arms[0].label: model 'fraud' has no label 'canary'",
    ],
    [{ x: to(9) }, "routes.x.arms[0].version: model 'fraud' has no version 9 that is loaded; it has 3, 4"],
    [
      { x: { arms: [{ model: 'x' }] } },
      "routes.x.arms[0].model: 'x' is the route itself; expected a model: give it a label or a version",
    ],
    [
      { x: { arms: [{ model: 'y' }] }, y: to(3) },
      "routes.x.arms[0].model: 'y' is a route; expected a model: give it a label or a version",
    ],
    [{ other: to(3) }, 'routes.other: the name is taken by a model, of which this route has no arm'],
    [
      { x: { arms: [{ model: 'fraud', version: 3 }, { model: 'other' }] } },
      "routes.x.arms[1]: other than fraud/3, its input 'x' is INT32[2], not INT32[1]",
    ],
    [{ x: to(9), y: {} }, '2 problems with the routes:'],
  ])('refuse %j, and what comes with it', async (routes, message) => {
    const before = await ask('GET routes');
    const answer = await ask('PUT routes', { routes: { fine: to(3), ...routes } });
    expect([answer.status, answer.body.error.code]).toEqual([400, 'invalid_argument']);
    if (typeof message === 'string') expect(answer.body.error.message).toContain(message);
    else expect(answer.body.error.message).toMatch(message);
    expect(await ask('GET routes')).toEqual(before);
  });

  it('refuse what is the settings’, what is not there, and what is no condition', async () => {
    for (const line of ['PUT routes/filed', 'DELETE routes/filed', 'POST routes/filed/undo']) {
      expect(errorOf(await ask(line, to(4)))).toBe(
        "409 failed_precondition: route 'filed' is declared in the settings: change it there",
      );
    }
    expect(errorOf(await ask('DELETE routes/nothing'))).toBe("404 not_found: there is no route 'nothing'");
    expect(errorOf(await ask('POST routes/nothing/undo'))).toBe(
      "409 failed_precondition: there is nothing to undo: no route 'nothing' was declared",
    );
    expect(errorOf(await ask('PUT routes?dry_run=yes', { routes: {} }))).toBe(
      "400 invalid_argument: dry_run: expected true or false, got 'yes'",
    );
    expect(errorOf(await ask('GET routes/filed/history?limit=0'))).toBe(
      "400 invalid_argument: limit: expected 1 to 1000, got '0'",
    );
    expect(errorOf(await ask('PUT routes', { routes: [] }))).toBe(
      "400 invalid_argument: field 'routes': expected object, got array",
    );
  });

  it('refuse a name that another route has as a model without label or version', async () => {
    await ask('PUT routes/bare', { arms: [{ model: 'other' }] });
    expect(errorOf(await ask('PUT routes/other', { arms: [{ model: 'other', version: 1 }] }))).toBe(
      "400 invalid_argument: routes.other: route 'bare' has a model of this name as an arm, without label or version; give it one there first",
    );
  });

  it('are changed by one of two who have seen the same', async () => {
    await ask('PUT routes/both', to(3));
    const both = await Promise.all(
      [3, 4].map((version) => ask('PUT routes/both', to(version, { sticky: { trace: true } }), { 'if-match': '"1"' })),
    );
    expect(both.map(({ status }) => status).sort()).toEqual([200, 412]);
    const created = await Promise.all(
      [3, 4].map((version) => ask('PUT routes/new', to(version), { 'if-none-match': '*' })),
    );
    expect(created.map(({ status }) => status).sort()).toEqual([200, 412]);
  });
});

it('routes come back with the server; those that the settings have by then come first', async () => {
  await using elsewhere = await createTempFolder(CONTROL_MODELS);
  const settings = { store: { path: join(elsewhere.path, 'store.db') }, repository: { paths: [elsewhere.path] } };
  {
    await using first = await startControlServer(settings, {});
    const { status } = await control(first, 'PUT routes', { body: { routes: { live: to(3), other2: to(3) } } });
    expect(status).toBe(200);
  }
  const routes = { live: { arms: [{ model: 'fraud', version: 4, weight: 1 }] } };
  await using second = await startControlServer({ ...settings, routes }, {});
  expect(await answererOf(second, 'live')).toBe('4');
  expect(await answererOf(second, 'other2')).toBe('3');
  expect(second.log.map(({ msg }) => msg)).toContain(
    "route 'live' was declared through the API, but that of the settings comes first",
  );
  expect((await control(second, 'GET routes')).body.routes).toMatchObject([
    { name: 'live', owner: 'file', in_force: true },
    { name: 'live', owner: 'api', in_force: false },
    { name: 'other2', owner: 'api', in_force: true },
  ]);
});
