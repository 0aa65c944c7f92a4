import { describe, expect, it } from 'vitest';
import { createTempFolder } from '../../test/support/model-folder.js';
import { accessOf, describeLocalControl } from './access.js';
import { createSettings, type PartialSettings } from './index.js';
import { loadSettings } from './load.js';

async function load(text: string) {
  await using folder = await createTempFolder({ 'millrace.yaml': text });
  const path = `${folder.path}/millrace.yaml`;
  try {
    return { access: accessOf(loadSettings({ env: {}, flags: {}, cwd: folder.path, file: path }).auth), path };
  } catch (error) {
    return { problem: (error as Error).message.replaceAll(path, 'millrace.yaml'), path };
  }
}

describe('roles and bindings of the settings', () => {
  it('keep where they are written', async () => {
    const { access, path } = await load(
      "auth:\n  roles: { tester: ['model.read', 'route.*'] }\n  bindings:\n    - { group: qa, role: tester, models: ['fraud*'] }\n",
    );
    expect(access).toEqual({
      roles: { tester: ['model.read', 'route.read', 'route.change'] },
      bindings: [{ group: 'qa', role: 'tester', models: ['fraud*'], place: `${path}:4:7` }],
    });
  });

  it('are refused with file, line and column', async () => {
    const { problem } = await load(
      "auth:\n  roles:\n    viewer: ['model.read']\n  bindings:\n    - { group: qa, role: caler }\n    - { role: caller, models: ['a b'] }\n",
    );
    expect(problem?.split('\n')).toEqual([
      '4 problems with the settings:',
      "  millrace.yaml:3:5: auth.roles.viewer: 'viewer' is built in: call it otherwise",
      "  millrace.yaml:5:20: auth.bindings[0].role: there is no role 'caler'; did you mean 'caller'?",
      '  millrace.yaml:6:7: auth.bindings[1]: expected either group or principal, got neither',
      expect.stringContaining('millrace.yaml:6:32: auth.bindings[1].models[0]: expected the name of a model'),
    ]);
  });
});

const EXPLICIT = { repository: { controlMode: 'explicit' } } as const;
const KEYS = [{ name: 'ci', key: '5b1f9c0a7e63d2485b1f9c0a7e63d248', scopes: ['infer' as const] }];

it.each<[string, number | undefined, PartialSettings, boolean]>([
  ['root without keys in explicit mode', 0, EXPLICIT, true],
  ['root without keys, open to other machines', 0, { ...EXPLICIT, auth: { allowAnonymous: true } }, true],
  ['another user', 1000, EXPLICIT, false],
  ['a system without users by number', undefined, EXPLICIT, false],
  ['root in poll mode', 0, { repository: { controlMode: 'poll' } }, false],
  ['root in mode none', 0, {}, false],
  ['root with a static key', 0, { ...EXPLICIT, auth: { keys: KEYS } }, false],
  ['root with API keys', 0, { ...EXPLICIT, auth: { required: true } }, false],
])('warns of %s: with user %s and %j it is %s', (_, uid, settings, isWarned) => {
  const message = describeLocalControl(createSettings(settings), uid);
  expect(message).toBe(
    isWarned
      ? 'the server runs as root, and without keys every user of this machine loads and unloads its models in explicit mode: run it as another user, or set auth.required'
      : undefined,
  );
});
