import { expect, it } from 'vitest';
import { FakeClock } from '../../../test/support/fake-clock.js';
import { inferFinished } from '../../../test/support/finished.js';
import { EventBus, MillraceError } from '../../core/index.js';
import { startFaultLog } from './fault-log.js';
import { createLogger } from './logger.js';

function start() {
  const events = new EventBus();
  const clock = new FakeClock();
  const lines: string[] = [];
  const logger = createLogger({ logLevel: 'info', logLevels: {} }, clock, { write: (line) => lines.push(line) });
  const stop = startFaultLog({ events, clock, logger });
  const fault = new MillraceError('internal', "model 'mlp/3' raised: boom", {
    cause: 'Error: boom\n    at model.ts:3',
  });
  return {
    events,
    clock,
    lines,
    stop,
    fail: (error = fault) => events.publish('inferFinished', inferFinished({ error })),
  };
}

it('a fault has a line with the id of its request and what is behind it', () => {
  const { lines, fail, stop } = start();
  fail();
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    {
      level: 'error',
      room: 'service',
      request_id: 'req-1',
      model: 'mlp/3',
      error_code: 'internal',
      msg: 'an inference of model mlp/3 failed',
      error: "model 'mlp/3' raised: boom",
      cause: expect.stringContaining('at model.ts:3'),
    },
  ]);
  stop();
  fail();
  expect(lines).toHaveLength(1);
});

it('successes and errors of other codes have none', () => {
  const { events, lines, fail } = start();
  events.publish('inferFinished', inferFinished());
  fail(new MillraceError('resource_exhausted', 'the queue is full'));
  expect(lines).toEqual([]);
});

it('many of them have ten lines a second, and the next one counts the others', async () => {
  const { clock, lines, fail } = start();
  for (let count = 0; count < 25; count++) fail();
  expect(lines).toHaveLength(10);
  await clock.advance(1_000);
  fail();
  fail();
  expect(lines.slice(10).map((line) => JSON.parse(line).skipped)).toEqual([15, undefined]);
});
