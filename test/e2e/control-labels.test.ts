import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AppServer } from '../support/app-server.js';
import {
  answererOf,
  CONTROL_MODELS,
  control,
  echoModel,
  errorOf,
  startControlServer,
} from '../support/control-fixture.js';
import { createTempFolder } from '../support/model-folder.js';

const PATH = 'models/fraud/labels';

describe('labels through the API', () => {
  let server: AppServer;
  beforeAll(async () => {
    const filed = {
      'filed/model.yaml': echoModel('labels: { stable: 1 }\nversions: all'),
      'filed/1/': '',
      'filed/2/': '',
    };
    server = await startControlServer({}, { ...CONTROL_MODELS, ...filed });
  });
  afterAll(() => server[Symbol.asyncDispose]());
  const patch = (body: unknown, headers = {}, path = PATH) => control(server, `PATCH ${path}`, { body, headers });

  it('move in one step, and say what a bare name stands for', async () => {
    expect(await answererOf(server, 'fraud')).toBe('4');
    const { status, body, etag } = await patch({ stable: 3, canary: 4 });
    expect({ status, etag }).toEqual({ status: 200, etag: '"1"' });
    expect(body).toMatchObject({
      model: 'fraud',
      labels: [
        { label: 'canary', version: 4, owner: 'api', ready: true },
        { label: 'stable', version: 3, owner: 'api', ready: true },
      ],
      changed_by: 'anonymous',
    });
    expect(await answererOf(server, 'fraud')).toBe('3');
    expect(await answererOf(server, 'fraud@canary')).toBe('4');
    expect((await patch({ canary: null })).body.labels).toMatchObject([{ label: 'stable' }]);
    expect(await answererOf(server, 'fraud@canary')).toBe("404 model 'fraud' has no label 'canary'");
    expect((await patch({ stable: 3 })).etag).toBe('"2"');
  });

  it('have a history, and can go back', async () => {
    const undone = await control(server, `POST ${PATH}/undo`);
    expect([undone.status, undone.etag]).toEqual([200, '"3"']);
    expect(await answererOf(server, 'fraud@canary')).toBe('4');
    const { body } = await control(server, `GET ${PATH}/history?limit=2`);
    expect(body.history).toMatchObject([
      { revision: 3, labels: { stable: 3, canary: 4 }, changed_by: 'anonymous' },
      { revision: 2, labels: { stable: 3 } },
    ]);
  });

  it.each([
    [
      { stable: 9 },
      409,
      "failed_precondition: label 'stable' cannot move to version 9 of model 'fraud', which does not serve: it is not loaded; loaded: 3, 4",
    ],
    [
      { stable: 4, canary: 9 },
      409,
      "failed_precondition: label 'canary' cannot move to version 9 of model 'fraud', which does not serve: it is not loaded; loaded: 3, 4",
    ],
    [{ stable: 0 }, 400, "invalid_argument: field 'stable': expected integer of at least 1 or null, got number 0"],
    [
      { stable: 'four' },
      400,
      'invalid_argument: field \'stable\': expected integer of at least 1 or null, got string "four"',
    ],
    [
      { 'a b': 4 },
      400,
      "invalid_argument: 'a b' cannot be a label: expected 1 to 128 characters other than white space, control characters, / and @",
    ],
  ])('refuse %j and stay as they are', async (body, status, message) => {
    const before = await control(server, `GET ${PATH}`);
    expect(errorOf(await patch(body))).toBe(`${status} ${message}`);
    expect(await control(server, `GET ${PATH}`)).toEqual(before);
  });

  it('that a file has are its own', async () => {
    const path = 'models/filed/labels';
    const message =
      "409 failed_precondition: label 'stable' of model 'filed' is written in filed/model.yaml:5:11: change it there";
    expect(errorOf(await patch({ stable: 2 }, {}, path))).toBe(message);
    expect(errorOf(await patch({ stable: null }, {}, path))).toBe(message);
    expect((await patch({ canary: 2 }, {}, path)).body.labels).toMatchObject([
      { label: 'canary', version: 2, owner: 'api' },
      { label: 'stable', version: 1, owner: 'file', place: 'filed/model.yaml:5:11' },
    ]);
    expect(errorOf(await patch({ stable: 1 }, {}, 'models/nothing/labels'))).toBe(
      "404 not_found: there is no model 'nothing'",
    );
  });

  it('are not removed while a route uses them', async () => {
    const path = 'models/other/labels';
    expect((await patch({ live: 1, next: 1 }, {}, path)).status).toBe(200);
    const arms = [{ model: 'other', label: 'live' }];
    expect((await control(server, 'PUT routes/used', { body: { arms } })).status).toBe(200);
    expect(errorOf(await patch({ live: null, next: null }, {}, path))).toBe(
      "409 failed_precondition: label 'live' of model 'other' cannot be removed: route 'used' uses it",
    );
    expect((await patch({ next: null }, {}, path)).status).toBe(200);
    expect((await control(server, 'DELETE routes/used')).status).toBe(200);
    expect((await patch({ live: null }, {}, path)).status).toBe(200);
  });

  it('are changed by one of two who have seen the same', async () => {
    const { etag = '' } = await control(server, `GET ${PATH}`);
    const both = await Promise.all([patch({ a: 3 }, { 'if-match': etag }), patch({ b: 3 }, { 'if-match': etag })]);
    expect(both.map(({ status }) => status).sort()).toEqual([200, 412]);
    expect(both.flatMap((answer) => (answer.status === 412 ? [errorOf(answer)] : []))).toEqual([
      "412 failed_precondition: the labels of model 'fraud' are at revision 4 now, expected revision 3: somebody has changed them meanwhile",
    ]);
    expect(errorOf(await patch({ c: 3 }, { 'if-none-match': '*' }))).toBe(
      "412 failed_precondition: the labels of model 'fraud' are at revision 4 now, expected none: somebody has changed them meanwhile",
    );
    expect(errorOf(await patch({ c: 3 }, { 'if-match': '3' }))).toBe(
      `400 invalid_argument: If-Match: expected what ETag said, such as "3", or *; got '3'`,
    );
  });
});

it('labels come back with the server, and with them the versions that they stand for', async () => {
  await using elsewhere = await createTempFolder(CONTROL_MODELS);
  const settings = {
    store: { path: join(elsewhere.path, 'store.db') },
    repository: { paths: [elsewhere.path], stableMs: 0 },
  };
  {
    await using first = await startControlServer(settings, {});
    expect((await control(first, `PATCH ${PATH}`, { body: { stable: 3 } })).status).toBe(200);
  }
  await writeFile(join(elsewhere.path, 'fraud/model.yaml'), echoModel('versions: { latest: 1 }'));
  await using second = await startControlServer(settings, {});
  expect(await second.index()).toEqual(['fraud/3: READY', 'fraud/4: READY', 'other/1: READY']);
  expect(await answererOf(second, 'fraud')).toBe('3');
  const { body, etag } = await control(second, `GET ${PATH}`);
  expect(etag).toBe('"1"');
  expect(body.labels).toMatchObject([{ label: 'stable', version: 3, owner: 'api' }]);
});

describe('a model with labels', () => {
  it('is not unloaded unless that is forced, where they were declared', async () => {
    await using server = await startControlServer();
    await control(server, `PATCH ${PATH}`, { body: { stable: 3 } });
    const unload = (body: string) => server.send('POST /v2/repository/models/fraud/unload', body);
    const refused = await unload('{}');
    expect([refused.status, JSON.parse(refused.body.toString()).error]).toEqual([
      412,
      "model 'fraud' has labels that callers may rely on ('stable' = version 3): remove them first, or unload it all the " +
        'same (`millrace models unload fraud --force`, the parameter `force` of an unload)',
    ]);
    expect(await answererOf(server, 'fraud')).toBe('3');
    expect((await server.send('POST /v2/repository/models/other/unload', '{}')).status).toBe(200);
    expect((await unload(JSON.stringify({ parameters: { force: true } }))).status).toBe(200);
    expect(await answererOf(server, 'fraud')).toMatch(/^404 /);
    expect((await server.send('POST /v2/repository/models/fraud/load', '{}')).status).toBe(200);
    expect(await answererOf(server, 'fraud')).toBe('3');
  });

  it('is not unloaded unless that is forced, where a file has them', async () => {
    const models = { ...CONTROL_MODELS, 'fraud/model.yaml': echoModel('versions: all\nlabels: { canary: 4 }') };
    await using server = await startControlServer({}, models);
    const unload = (body: string) => server.send('POST /v2/repository/models/fraud/unload', body);
    const refused = await unload('{}');
    expect([refused.status, JSON.parse(refused.body.toString()).error]).toEqual([
      412,
      "model 'fraud' has labels that callers may rely on ('canary' = version 4): remove them first, or unload it all the " +
        'same (`millrace models unload fraud --force`, the parameter `force` of an unload)',
    ]);
    expect((await unload(JSON.stringify({ parameters: { force: true } }))).status).toBe(200);
    // What is not loaded is as it is to be.
    expect((await unload('{}')).status).toBe(200);
  });
});
