import { expect, it } from 'vitest';
import { systemClock, Turns } from '../core/index.js';
import { readLines } from './lines.js';
import { validate } from './validate.js';

const line = (id: string, more = '') => `{"custom_id":"${id}","method":"POST","url":"/u","body":{${more}}}\n`;

async function check(chunks: Iterable<string>, { maxLines = 100, signal = new AbortController().signal } = {}) {
  const bytes = (async function* () {
    for (const chunk of chunks) yield Buffer.from(chunk);
  })();
  const lines = readLines(bytes, { atByte: 0, lines: 0 }, 1_000);
  const turns = new Turns(systemClock);
  return validate(lines, { endpoint: '/u', maxLineBytes: 1_000, maxLines, turns, signal });
}

it('a file of requests has their number', async () => {
  expect(await check([line('a'), '\n', line('b')])).toEqual({ total: 2 });
});

it('a line of 50 MB is a problem of this line alone', async () => {
  const megabyte = 'x'.repeat(1_048_576);
  const huge = function* () {
    yield '{"custom_id":"a","method":"POST","url":"/u","body":{"x":"';
    for (let count = 0; count < 50; count++) yield megabyte;
    yield `"}}\n${line('b')}`;
  };
  expect(await check(huge())).toEqual({
    problems: [
      {
        code: 'line_too_large',
        line: 1,
        message: 'This line is too large: expected at most 1000 bytes.',
        param: undefined,
      },
    ],
  });
});

it('a file with too many lines is refused as a whole', async () => {
  expect(await check([line('a'), line('b')], { maxLines: 1 })).toEqual({
    problems: [
      {
        code: 'too_many_lines',
        line: undefined,
        message: 'The file has too many lines: expected at most 1.',
        param: undefined,
      },
    ],
  });
});

it('of many problems the first 100 are kept', async () => {
  const checked = await check(
    Array.from({ length: 1_000 }, () => 'broken\n'),
    { maxLines: 1_000 },
  );
  expect('problems' in checked && checked.problems.length).toBe(100);
});

it('a validation ends with its signal', async () => {
  const controller = new AbortController();
  controller.abort(new Error('cancelled'));
  await expect(check([line('a')], { signal: controller.signal })).rejects.toThrow('cancelled');
});
