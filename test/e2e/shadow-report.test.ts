import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AppServer, startAppServer } from '../support/app-server.js';
import { run } from '../support/cli-fixture.js';
import { shadowed, shadowedModel } from '../support/shadow-models.js';
import { sendNumbers, settledReport, shadowReport } from '../support/shadow-reports.js';

let server: AppServer;
beforeAll(async () => {
  server = await startAppServer(shadowedModel('drifting'), {
    routes: { drifting: shadowed('drifting') },
    repository: { controlMode: 'explicit', loadModels: ['*'] },
  });
  await sendNumbers(server, 'drifting', [1, 2, 3, 4, 5]);
  await settledReport(server, 'drifting', 5);
});
afterAll(() => server[Symbol.asyncDispose]());

const REPORT = 'GET /millrace/v1/routes/drifting/shadow';

describe('the report of a shadow', () => {
  it.each([
    [undefined, 'application/json', /^\{"route":"drifting"/],
    ['*/*', 'application/json', /^\{/],
    ['text/plain', 'text/plain; charset=utf-8', /^route drifting\n/],
    ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', 'text/html; charset=utf-8', /^<!doctype html>/],
    ['text/html;q=0.1, application/json', 'application/json', /^\{/],
    ['text/html;q=0', 'application/json', /^\{/],
  ])('comes as who asks would like it: %s', async (accept, type, start) => {
    const { headers, body } = await server.send(REPORT, '', accept === undefined ? {} : { accept });
    expect(headers['content-type']).toBe(type);
    expect(body.toString()).toMatch(start);
  });

  it('as a page may load and run nothing', async () => {
    const { headers } = await server.send(REPORT, '', { accept: 'text/html' });
    expect(headers['content-security-policy']).toBe("default-src 'none'; style-src 'unsafe-inline'");
  });
});

describe('millrace shadow', () => {
  const shadow = (...args: readonly string[]) =>
    run(['shadow', ...args, '--url', `http://127.0.0.1:${server.port}`], { cwd: server.folder.path });

  it('report prints it as text or JSON, or writes a page', async () => {
    const text = await shadow('report', 'drifting');
    expect(text).toMatchObject({ code: 0, out: expect.stringContaining('agree        80 %') });
    for (const flags of [['--json'], ['--format', 'json']]) {
      expect(JSON.parse((await shadow('report', 'drifting', ...flags)).out)).toMatchObject({ copied: 5 });
    }
    const written = await shadow('report', 'drifting', '--format', 'html', '-o', 'report.html');
    expect(written).toMatchObject({ code: 0, out: '', err: 'wrote report.html\n' });
    expect(await readFile(path.join(server.folder.path, 'report.html'), 'utf8')).toMatch(/^<!doctype html>/);
  });

  it('report of what is no route fails', async () => {
    const { code, err } = await shadow('report', 'nobody');
    expect([code, err]).toEqual([1, "error: there is no route 'nobody'\n"]);
  });

  it('reset forgets what has been counted', async () => {
    expect(await shadow('reset', 'drifting')).toMatchObject({ code: 0 });
    expect(await shadowReport(server, 'drifting')).toMatchObject({ copied: 0, pairs: [] });
  });
});

describe('a shadow that is declared while the server runs', () => {
  const put = (route: object) =>
    server.send('PUT /millrace/v1/routes/declared', JSON.stringify(route), { 'content-type': 'application/json' });

  it('gets copies at once, completed as in the settings, and none any more when it is taken away', async () => {
    const arms = [{ model: 'drifting', label: 'stable' }];
    expect((await put({ arms, shadow: { model: 'drifting', label: 'next' } })).status).toBe(200);
    await sendNumbers(server, 'declared', [1, 2]);
    expect(await settledReport(server, 'declared', 2)).toMatchObject({ shadow: 'drifting@next', share: 1, copied: 2 });
    expect((await put({ arms })).status).toBe(200);
    await sendNumbers(server, 'declared', [3]);
    expect(await shadowReport(server, 'declared')).toMatchObject({ share: 0, copied: 2 });
    expect(await shadowReport(server, 'declared')).not.toHaveProperty('shadow');
  });

  it.each([
    [{ model: 'drifting', label: 'next', version: 2 }, "expected a label or a version, got both ('next' and 2)"],
    [{ model: 'declared' }, "'declared' is the route itself; expected a model: give it a label or a version"],
    [{ model: 'nobody' }, "routes.declared.shadow.model: there is no model 'nobody'"],
    [{ model: 'drifting', label: 'nxt' }, "shadow.label: model 'drifting' has no label 'nxt'; did you mean 'next'?"],
    [{ model: 'drifting', version: 9 }, "shadow.version: model 'drifting' has no version 9 that is loaded; it has"],
    [{ model: 'drifting', share: 2 }, 'routes.declared.shadow.share: expected number (more than 0, at most 1), got 2'],
    [{ model: 'drifting', share: 0 }, 'share'],
    [{ model: 'drifting', compare: { outputs: { y: { as: 'text' } } } }, 'as'],
  ])('is refused where it makes no sense: %j', async (shadow, message) => {
    const answer = await put({ arms: [{ model: 'drifting', label: 'stable' }], shadow });
    expect([answer.status, answer.body.toString()]).toEqual([400, expect.stringContaining(message)]);
  });
});
