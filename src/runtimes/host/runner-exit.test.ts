import { expect, it } from 'vitest';
import { describeExit } from './runner-exit.js';

it.each([
  ['is asked to', [0, null, true], { reason: 'closed', outOfMemory: false }],
  ['nobody has asked it to', [0, null, false], { reason: 'exited with code 0', outOfMemory: false }],
  ['a signal does it', [null, 'SIGSEGV', true], { reason: 'ended by SIGSEGV', outOfMemory: false }],
  [
    'the system takes its memory',
    [null, 'SIGKILL', false],
    { reason: 'ended by SIGKILL (out of memory?)', outOfMemory: true },
  ],
] as const)('a process says why it has ended where %s', (_why, [code, signal, ending], end) => {
  expect(describeExit(code, signal, ending)).toEqual(end);
});
