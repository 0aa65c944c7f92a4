import { expect, it } from 'vitest';
import { FakeClock } from '../../../test/support/fake-clock.js';
import { REF } from '../../../test/support/finished.js';
import { EventBus, type EventName, type Events, MillraceError, type ModelState } from '../../core/index.js';
import { startEventLog } from './event-log.js';
import { createLogger } from './logger.js';

const TIME = '"time":"2025-06-15T15:06:41.000Z"';

/** The lines that one event makes. */
function linesOf<Name extends EventName>(name: Name, event: Events[Name]): readonly string[] {
  const events = new EventBus();
  const lines: string[] = [];
  const logger = createLogger({ logLevel: 'trace', logLevels: {} }, new FakeClock(), {
    write: (line) => lines.push(line),
  });
  const stop = startEventLog(events, logger);
  events.publish(name, event);
  stop();
  events.publish(name, event);
  return lines;
}

it.each<[ModelState, string, number | undefined]>([
  [{ kind: 'loading' }, '"level":"debug"', undefined],
  [{ kind: 'warming' }, '"level":"debug"', undefined],
  [{ kind: 'ready' }, '"level":"info"', 120.4],
  [{ kind: 'recovering', reason: 'the runner died' }, '"level":"warn"', undefined],
  [{ kind: 'draining' }, '"level":"debug"', undefined],
  [{ kind: 'unloaded', reason: 'replaced' }, '"level":"info"', undefined],
  [{ kind: 'failed', reason: 'no such file' }, '"level":"error"', undefined],
])('a model that becomes %o makes a line', (state, level, loadMs) => {
  const reason = 'reason' in state ? state.reason : undefined;
  expect(linesOf('modelStateChanged', { ref: REF, state, ...(loadMs === undefined ? {} : { loadMs }) })).toEqual([
    `{${level},${TIME},"room":"engine","model":"mlp","version":3,"generation":1,"state":"${state.kind}"` +
      `${reason === undefined ? '' : `,"reason":"${reason}"`}${loadMs === undefined ? '' : ',"load_ms":120'}` +
      `,"msg":"model mlp/3 ${state.kind}${reason === undefined ? '' : `: ${reason}`}"}\n`,
  ]);
});

it('a model that fails makes a line with the cause underneath', () => {
  const error = new MillraceError('invalid_argument', 'broken', { cause: 'at byte 12' });
  expect(linesOf('modelStateChanged', { ref: REF, state: { kind: 'failed', reason: 'broken' }, error })).toEqual([
    `{"level":"error",${TIME},"room":"engine","model":"mlp","version":3,"generation":1,"state":"failed","reason":"broken",` +
      '"error_code":"invalid_argument","error":"broken","cause":"at byte 12","msg":"model mlp/3 failed: broken"}\n',
  ]);
});

it('a runner that starts, ends or dies makes a line', () => {
  expect(linesOf('runnerStarted', { runner: 'mlp/3#0', pid: 42, startMs: 81.6 })).toEqual([
    `{"level":"info",${TIME},"room":"runtimes","runner":"mlp/3#0","pid":42,"start_ms":82,"msg":"runner mlp/3#0 started"}\n`,
  ]);
  expect(linesOf('runnerExited', { runner: 'mlp/3#0', pid: 42, reason: 'unloaded', expected: true })).toEqual([
    `{"level":"info",${TIME},"room":"runtimes","runner":"mlp/3#0","pid":42,"reason":"unloaded","msg":"runner mlp/3#0 ended"}\n`,
  ]);
  expect(linesOf('runnerExited', { runner: 'mlp/3#0', pid: 42, reason: 'signal SIGSEGV', expected: false })).toEqual([
    `{"level":"error",${TIME},"room":"runtimes","runner":"mlp/3#0","pid":42,"reason":"signal SIGSEGV","msg":"runner mlp/3#0 died: signal SIGSEGV"}\n`,
  ]);
});

it('a diagnostic makes a line of its room, with its fields in snake case and its error', () => {
  expect(
    linesOf('diagnostic', {
      level: 'warn',
      room: 'repository',
      message: 'skipped a file',
      fields: { requestId: 'r', path: '/models/a' },
      error: new MillraceError('invalid_argument', 'line 3: no'),
    }),
  ).toEqual([
    `{"level":"warn",${TIME},"room":"repository","request_id":"r","path":"/models/a","error_code":"invalid_argument","error":"line 3: no","msg":"skipped a file"}\n`,
  ]);
  const [line = ''] = linesOf('diagnostic', {
    level: 'error',
    room: 'app',
    message: 'oh',
    error: new RangeError('deep'),
  });
  expect(JSON.parse(line)).toMatchObject({ error: 'deep', cause: expect.stringMatching(/^RangeError: deep\n/) });
});
