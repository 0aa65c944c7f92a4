import { describe, expect, it } from 'vitest';
import { hangupAction } from './hangup.js';

describe('SIGHUP', () => {
  it.each([
    ['of a service, which has no terminal, reloads', false, true, 'reload'],
    ['of a server in a terminal drains', true, true, 'drain'],
    ['of a server under nohup, whose streams are files, reloads', true, false, 'reload'],
    ['of a daemon with closed streams reloads', false, false, 'reload'],
  ] as const)('%s', (_name, hasTerminal, isAttached, action) => {
    expect(hangupAction({ platform: 'linux', hasTerminal, isAttached })).toBe(action);
  });

  it('means on Windows that the console is closed, and drains', () => {
    expect(hangupAction({ platform: 'win32', hasTerminal: false, isAttached: false })).toBe('drain');
  });
});
