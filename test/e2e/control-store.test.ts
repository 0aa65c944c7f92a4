import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { jsonOf } from '../support/app-server.js';
import { FREE_PORTS, startCli } from '../support/cli-process.js';
import { answererOf, CONTROL_MODELS, control, errorOf, startControlServer } from '../support/control-fixture.js';
import { createTempFolder } from '../support/model-folder.js';

const to = (version: number) => ({ arms: [{ model: 'fraud', version, weight: 1 }] });

it('what was acknowledged is in force after kill -9', async () => {
  await using folder = await createTempFolder(
    Object.fromEntries(Object.entries(CONTROL_MODELS).map(([file, content]) => [`models/${file}`, content])),
  );
  const explicit = ['--model-control-mode', 'explicit', '--load-model', '*'];
  const argv = ['serve', './models', ...explicit, ...FREE_PORTS, '--json'];
  const start = async () => {
    const cli = startCli(argv, { cwd: folder.path });
    const { http } = await cli.nextEvent();
    await cli.nextEvent();
    const ask = async (method: string, path: string, body?: object) => {
      const sent = body === undefined ? {} : { body: JSON.stringify(body) };
      const answer = await fetch(`${http}/millrace/v1/${path}`, { method, ...sent });
      return jsonOf({ status: answer.status, headers: {}, body: Buffer.from(await answer.arrayBuffer()) });
    };
    return { cli, ask };
  };
  for (const version of [3, 4, 3]) {
    const { cli, ask } = await start();
    await using _ = cli;
    const both = [
      await ask('PATCH', 'models/fraud/labels', { stable: version }),
      await ask('PUT', 'routes/live', to(version)),
    ];
    cli.child.kill('SIGKILL');
    expect(both.map(({ status }) => status)).toEqual([200, 200]);
    expect((await cli.ended).exit).toBe('SIGKILL');
    const next = await start();
    await using __ = next.cli;
    expect((await next.ask('GET', 'models/fraud/labels')).body.labels).toMatchObject([{ label: 'stable', version }]);
    expect((await next.ask('GET', 'routes/live')).body).toMatchObject({ ready: true, route: to(version) });
    next.cli.child.kill('SIGKILL');
    await next.cli.ended;
  }
  // Six servers, one after the other.
}, 180_000);

it('where the store is damaged, files stay in force, and it is said what to do', async () => {
  await using elsewhere = await createTempFolder(CONTROL_MODELS);
  const path = join(elsewhere.path, 'state/store.db');
  await mkdir(join(elsewhere.path, 'state'));
  await writeFile(path, 'this is no database, and was never one\n'.repeat(400));
  await using server = await startControlServer({ store: { path }, routes: { filed: to(3) } });
  expect(await answererOf(server, 'filed')).toBe('3');
  const { body } = await control(server, 'GET routes');
  expect(body.routes).toMatchObject([{ name: 'filed', owner: 'file' }]);
  expect(body.problem).toMatch(/damaged/);
  const refused = await control(server, 'PUT routes/live', { body: to(4) });
  expect(errorOf(refused)).toBe(`503 unavailable: ${body.problem}`);
  expect(errorOf(await control(server, 'PATCH models/fraud/labels', { body: { stable: 3 } }))).toBe(
    `503 unavailable: ${body.problem}`,
  );
  expect(server.log.map(({ msg }) => msg)).toContain(
    `no label and no route that was declared is in force: ${body.problem}`,
  );
  expect(await answererOf(server, 'fraud')).toBe('4');
});
