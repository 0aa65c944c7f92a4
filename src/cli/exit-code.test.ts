import { readFileSync } from 'node:fs';
import { CommanderError } from 'commander';
import { describe, expect, it } from 'vitest';
import { MillraceClientError } from '../client/index.js';
import { MillraceError } from '../core/index.js';
import { describeError, EXIT_CODES, exitReasonOf } from './exit-code.js';

describe('exitReasonOf', () => {
  it.each([
    [new CommanderError(0, 'commander.helpDisplayed', 'help'), 'done'],
    [new CommanderError(1, 'commander.unknownOption', 'error: unknown'), 'usage'],
    [new MillraceError('invalid_argument', 'wrong flag'), 'usage'],
    [new MillraceError('failed_precondition', 'a model failed'), 'failed'],
    [new MillraceError('unavailable', 'no registry there'), 'unreachable'],
    [new MillraceClientError('unavailable', 'nobody there'), 'unreachable'],
    [new MillraceClientError('unavailable', 'queue full', { status: 503 }), 'failed'],
    [new MillraceClientError('invalid_argument', 'wrong input'), 'usage'],
    [new MillraceClientError('invalid_argument', 'refused', { status: 400 }), 'failed'],
    [new MillraceClientError('deadline_exceeded', 'too slow'), 'failed'],
    [new Error('a bug'), 'failed'],
  ] as const)('takes %o for %s', (error, reason) => expect(exitReasonOf(error)).toBe(reason));
});

describe('describeError', () => {
  it('shows the words of what was expected to go wrong, and the stack of what was not', () => {
    expect(describeError(new MillraceError('not_found', 'no such model'))).toMatchObject({ message: 'no such model' });
    expect(describeError(new CommanderError(1, 'c', 'error: unknown'))).toEqual({
      code: 'invalid_argument',
      message: 'unknown',
    });
    expect(describeError(new Error('a bug')).message).toMatch(/^Error: a bug\n {4}at /);
    const refused = Object.assign(new Error("EACCES: permission denied, scandir '/x'"), { syscall: 'scandir' });
    expect(describeError(refused)).toEqual({ code: 'failed_precondition', message: refused.message });
    expect(describeError('text')).toEqual({ code: 'internal', message: 'text' });
  });
});

it('docs/cli.md lists the exit codes as --help does', () => {
  const page = readFileSync('docs/cli.md', 'utf8').replaceAll('`', '');
  const [, table = ''] = page.split('| Exit code | Meaning |\n| --- | --- |\n');
  const rows = table.slice(0, table.indexOf('\n\n')).split('\n');
  expect(rows).toEqual(Object.values(EXIT_CODES).map(({ code, meaning }) => `| ${code} | ${meaning} |`));
});
