import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AppServer } from '../support/app-server.js';
import { run as runCli } from '../support/cli-fixture.js';
import { answererOf, startControlServer } from '../support/control-fixture.js';

const ROUTES = `
# Who gets the new one.
routes:
  live:
    arms:
      - { model: fraud, version: 3, weight: 95 }
      - { model: fraud, version: 4, weight: 5 }
    sticky: { header: x-user-id }
`;

describe('millrace', () => {
  let server: AppServer;
  beforeAll(async () => {
    server = await startControlServer();
  });
  afterAll(() => server[Symbol.asyncDispose]());
  const run = async (line: string, stdin = '') => {
    const argv = [...line.split(' '), '--url', `http://127.0.0.1:${server.port}`];
    const { code, out, err } = await runCli(argv, { cwd: server.folder.path, stdin });
    return code === 0 ? out : `${code} ${out}${err}`;
  };

  /** With one space between columns. */
  const table = async (line: string) => (await run(line)).replace(/ +/g, ' ');

  it('models label moves, removes and shows labels', async () => {
    expect(await run('models label fraud')).toBe('fraud has no labels\n');
    expect(await table('models label fraud stable=3 canary=4')).toBe(
      'LABEL VERSION STATE OWNER\nfraud@canary 4 ready api\nfraud@stable 3 ready api\n',
    );
    expect(await answererOf(server, 'fraud')).toBe('3');
    expect(await run('models label fraud canary= --if-match 1')).not.toContain('canary');
    expect(await run('models label fraud canary=4 --if-match 1')).toBe(
      "1 error: the labels of model 'fraud' are at revision 2 now, expected revision 1: somebody has changed them meanwhile\n",
    );
    expect(await run('models label fraud canary')).toBe(
      "2 error: expected a label and a version such as stable=3, or canary= to remove it, got 'canary'\n",
    );
    expect(JSON.parse(await run('models label fraud --json'))).toMatchObject({ revision: 2, labels: [{ version: 3 }] });
  });

  it('routes diff and apply say what changes', async () => {
    const created =
      '+ live created\n    arms[0].model: "fraud"\n    arms[0].version: 3\n    arms[0].weight: 95\n    arms[1].model: "fraud"\n' +
      '    arms[1].version: 4\n    arms[1].weight: 5\n    sticky.header: "x-user-id"\n';
    expect(await run('routes diff -', ROUTES)).toBe(created);
    expect(await run('routes list')).toBe('no routes\n');
    expect(await run('routes apply -', ROUTES)).toBe(created);
    expect(await run('routes apply -', ROUTES)).toBe('= live unchanged\n');
    expect(await table('routes list')).toBe('ROUTE OWNER STATE ARMS\nlive api ready fraud/3 95 %, fraud/4 5 %\n');
    const more = 'live: { arms: [{ model: fraud, version: 3, weight: 80 }, { model: fraud, version: 4, weight: 20 }] }';
    expect(await run('routes apply - --dry-run', more)).toBe(
      '~ live changed\n    arms[0].weight: 95 → 80\n    arms[1].weight: 5 → 20\n    sticky.header: "x-user-id" → none\n',
    );
    expect(await run('routes apply -', more)).toContain('~ live changed');
  });

  it('routes diff --exit-code exits with 1 exactly where something would change', async () => {
    const others = 'other-live: { arms: [{ model: other, version: 1 }] }';
    expect(await run('routes diff - --exit-code', others)).toMatch(/^1 \+ other-live created\n/);
    expect(await run('routes diff -', others)).toMatch(/^\+ other-live created\n/);
    await run('routes apply -', others);
    expect(await run('routes diff - --exit-code', others)).toBe('= other-live unchanged\n');
    expect(await run('routes diff - --exit-code', `${others.replace('1 }]', '1, weight: 5 }]')}`)).toMatch(/^1 ~ /);
    expect(await run('routes diff - --exit-code', 'other-live: null')).toBe('1 - other-live removed\n');
    expect(await run('routes diff - --exit-code --json', others)).toMatch(/^\{"dry_run":true,/);
    await run('routes delete other-live');
  });

  it('routes diff --exit-code keeps the exit codes of errors', async () => {
    expect(await run('routes diff - --exit-code', 'a: [1')).toMatch(/^2 error: standard input:1:6: /);
    expect(await run('routes diff - --exit-code', 'live: { arms: [{ model: fraud, weight: -1 }] }')).toMatch(
      /^1 error: routes\.live\.arms/,
    );
    const nowhere = ['routes', 'diff', '-', '--exit-code', '--url', 'http://127.0.0.1:9'];
    expect((await runCli(nowhere, { stdin: ROUTES })).code).toBe(3);
  });

  it('routes history, undo, show and delete', async () => {
    expect(await table('routes history live')).toMatch(
      /^REVISION CHANGED BY ARMS\n 2 \S+Z anonymous fraud\/3 80 %, fraud\/4 20 %\n 1 \S+Z anonymous fraud\/3 95 %, fraud\/4 5 %\n$/,
    );
    expect(await run('routes undo live --if-match 1')).toBe(
      "1 error: route 'live' is at revision 2 now, expected revision 1: somebody has changed it meanwhile\n",
    );
    expect(await run('routes undo live')).toContain('arms[0].weight: 80 → 95');
    expect(await run('routes show live')).toContain('# api; ready\nroutes:\n  live:\n    arms:\n');
    expect(await run('routes delete live')).toBe('- live removed\n');
    expect(await run('routes delete live')).toBe("1 error: there is no route 'live'\n");
    expect(await run('routes apply -', 'live: null')).toBe('= live unchanged\n');
  });

  it('routes apply says what is wrong with a file', async () => {
    expect(await run(`routes apply ${join(server.folder.path, 'none.yaml')}`)).toContain('none.yaml does not exist');
    expect(await run('routes apply -', 'a: [1')).toMatch(/^2 error: standard input:1:6: /);
    expect(await run('routes apply -', '[]')).toBe(
      '2 error: standard input: expected routes by their names, or `routes:` with them, as in millrace.yaml\n',
    );
    expect(await run('routes apply -', 'live: { arms: [{ model: fraud, weight: -1 }] }')).toBe(
      '1 error: routes.live.arms[0].weight: expected number (0 to 1000000), got -1\n',
    );
  });

  it('models unload --force unloads what has labels', async () => {
    expect(await run('models unload fraud')).toContain("1 error: model 'fraud' has labels that callers may rely on");
    expect(await run('models unload fraud --force')).toBe('unloaded fraud\n');
  });
});
