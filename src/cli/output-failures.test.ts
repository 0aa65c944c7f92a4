import { expect, it } from 'vitest';
import { createFakeIo } from '../../test/support/fake-io.js';
import { EventBus, type Events, systemClock, Turns } from '../core/index.js';
import { surviveOutputFailures } from './output-failures.js';
import { SlicedOutput } from './sliced-output.js';

const COUNTED = 'the server continues, and counts further failures in millrace_output_failures_total';

function start({ json = false } = {}) {
  const io = createFakeIo();
  const events = new EventBus();
  const failures: Events['outputFailed'][] = [];
  const logged: Events['diagnostic'][] = [];
  events.subscribe('outputFailed', (failure) => failures.push(failure));
  events.subscribe('diagnostic', (line) => logged.push(line));
  const output = new SlicedOutput(io.stdout, new Turns(systemClock));
  surviveOutputFailures(io, { events, output, json });
  return { io, events, failures, logged, printed: () => output.print([]) };
}

it('the first failure of the standard output is reported in the log, every one is an event', () => {
  const { io, failures, logged } = start();
  for (let at = 0; at < 3; at++) io.failOutput({ stream: 'stdout', code: 'ENOSPC' });
  expect(failures).toHaveLength(3);
  expect(logged).toEqual([
    {
      level: 'error',
      room: 'app',
      message: `writing to the standard output failed: ENOSPC (the disk is full); ${COUNTED}`,
      fields: { stream: 'stdout', code: 'ENOSPC' },
    },
  ]);
  expect(io.exits).toEqual([]);
});

it.each([
  ['EPIPE', 'EPIPE (its reader has gone)'],
  ['EIO', 'EIO (its terminal has gone)'],
  ['ENOSPC', 'ENOSPC (the disk is full)'],
  ['EDQUOT', 'EDQUOT'],
])('the first failure of the standard error, %s, is reported on the standard output', async (code, described) => {
  const { io, events, logged, printed } = start();
  // One from the log, which writes there on its own, and one from the command.
  events.publish('outputFailed', { stream: 'stderr', code });
  io.failOutput({ stream: 'stderr', code });
  await printed();
  expect(io.out()).toBe(`writing to the standard error failed: ${described}; ${COUNTED}\n`);
  expect(logged).toEqual([]);
});

it('a failure of the standard error is an event of --json', async () => {
  const { io, printed } = start({ json: true });
  io.failOutput({ stream: 'stderr', code: 'EPIPE' });
  await printed();
  expect(JSON.parse(io.out())).toEqual({
    event: 'output_failed',
    stream: 'stderr',
    code: 'EPIPE',
    message: `writing to the standard error failed: EPIPE (its reader has gone); ${COUNTED}`,
  });
});

it('reports that fail as well end after one of each stream', async () => {
  const { io, events, failures, printed } = start();
  events.subscribe('diagnostic', () => events.publish('outputFailed', { stream: 'stderr', code: 'EPIPE' }));
  io.stdout.write = () => io.failOutput({ stream: 'stdout', code: 'EPIPE' });
  io.failOutput({ stream: 'stdout', code: 'EPIPE' });
  await printed();
  expect(failures.map(({ stream }) => stream).sort()).toEqual(['stderr', 'stdout', 'stdout']);
});
