import { expect, it } from 'vitest';
import { run } from '../../test/support/cli-fixture.js';
import { createTempFolder } from '../../test/support/model-folder.js';

const SETTINGS = `auth:
  keys: [{ name: ci, key: ci-key-0123456789, scopes: [infer] }, { name: web, key: web-key-0123456789, scopes: [] }]
  bindings:
    - { principal: 'key:web', role: caller, models: ['fraud*'] }
    - { group: ops, role: operator }
`;

it('says which line decides what somebody may do', async () => {
  await using folder = await createTempFolder({ 'millrace.yaml': SETTINGS });
  const explain = async (...argv: readonly string[]) => {
    const { code, out, err } = await run(['access', 'explain', ...argv], { cwd: folder.path });
    return [code, (out + err).replaceAll(`${folder.path}/`, '')];
  };
  expect(await explain('web', 'model.infer', 'fraud@canary')).toEqual([
    0,
    'yes, by\n  caller on fraud* (millrace.yaml:4:7)\n',
  ]);
  expect(await explain('key:ci', 'model.infer', 'credit')).toEqual([0, 'yes, by\n  caller on * (key:ci itself)\n']);
  expect(await explain('web', 'model.load', 'fraud')).toEqual([
    1,
    'no (403); there is only\n  caller on fraud* (millrace.yaml:4:7)\nroles that would do: operator, publisher, admin\n',
  ]);
  expect(await explain('web', 'model.infer', 'credit')).toEqual([
    1,
    "no (404, as if there were no 'credit'); there is only\n  caller on fraud* (millrace.yaml:4:7)\nroles that would do: caller, admin\n",
  ]);
  expect(await explain('oidc:acme/42', 'model.load', 'credit', '--group', 'ops')).toEqual([
    0,
    'yes, by\n  operator on * (millrace.yaml:5:7)\n',
  ]);
  expect(await explain('wep', 'model.infer', 'x')).toEqual([1, "error: there is no key 'wep'; did you mean 'web'?\n"]);
  expect((await explain('web', 'model.infr', 'x'))[1]).toMatch(
    /there is no action 'model.infr'; did you mean 'model.infer'\?/,
  );
});
