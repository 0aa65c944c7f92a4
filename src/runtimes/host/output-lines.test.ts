import { PassThrough } from 'node:stream';
import { finished } from 'node:stream/promises';
import { beforeEach, expect, test } from 'vitest';
import { FakeClock } from '../../../test/support/fake-clock.js';
import { forwardLines } from './output-lines.js';

let stream: PassThrough;
let clock: FakeClock;
let lines: string[];
beforeEach(() => {
  stream = new PassThrough();
  clock = new FakeClock();
  lines = [];
  forwardLines(stream, clock, (line) => lines.push(line));
});

async function end(): Promise<void> {
  stream.end();
  await finished(stream);
}

test('hands on lines without colours and empty lines, the last one even without an end', async () => {
  stream.write('\u001b[31mred\u001b[0m  \r\n\n  ind');
  stream.write('ented\nlast');
  await end();
  expect(lines).toEqual(['red', '  indented', 'last']);
});

test('puts characters together that were cut apart', async () => {
  const bytes = Buffer.from('größe\n');
  stream.write(bytes.subarray(0, 3));
  stream.write(bytes.subarray(3));
  await end();
  expect(lines).toEqual(['größe']);
});

test('cuts long lines, and keeps no more of a line without end', async () => {
  for (let index = 0; index < 100; index++) stream.write('x'.repeat(1_000));
  stream.write(`\n${'y'.repeat(2_000)}\n`);
  await end();
  expect(lines).toEqual([`${'x'.repeat(2_000)}…`, 'y'.repeat(2_000)]);
});

test('drops and counts more than 50 lines in 10 s', async () => {
  stream.write('noise\n'.repeat(60));
  await clock.advance(10_001);
  stream.write('later\n');
  await end();
  expect(lines).toHaveLength(52);
  expect(lines.slice(49)).toEqual(['noise', '(10 more lines were dropped)', 'later']);
});
