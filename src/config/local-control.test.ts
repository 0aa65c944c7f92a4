import { expect, it } from 'vitest';
import { createSettings, type PartialSettings } from './index.js';
import { describeLocalControl } from './local-control.js';

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
