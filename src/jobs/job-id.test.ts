import { expect, it } from 'vitest';
import { newJobId, newServerMark, readJobId } from './job-id.js';

it('knows its own ids, ids of other servers, and texts that are none', () => {
  const mark = newServerMark();
  const id = newJobId(mark, 1_764_000_000_000);
  expect(id).toMatch(/^[a-z2-7]{8}-[a-z2-7]{32}$/);
  expect(id.slice(0, 8)).toBe(mark.id);
  expect(readJobId(id, mark)).toBe('own');
  expect(readJobId(newJobId(newServerMark(), 1), mark)).toBe('elsewhere');
  for (const text of ['', 'x', `${mark.id}-${'a'.repeat(32)}`, id.toUpperCase(), `${id}a`]) {
    expect(readJobId(text, mark)).toBe('invalid');
  }
});

it('does not know an id whose mark was made with another secret', () => {
  const mark = newServerMark();
  const forged = newJobId({ ...newServerMark(), id: mark.id }, 1);
  expect(readJobId(forged, mark)).toBe('invalid');
});

it('takes an id that differs in one character for none', () => {
  const mark = newServerMark();
  const id = newJobId(mark, 1_764_000_000_000);
  for (let at = 9; at < id.length; at++) {
    const other = id[at] === 'a' ? 'b' : 'a';
    expect(readJobId(id.slice(0, at) + other + id.slice(at + 1), mark)).toBe('invalid');
  }
});

it('sorts by time', () => {
  const mark = newServerMark();
  const ids = [1, 2, 70_000, 1_764_000_000_000].map((nowMs) => newJobId(mark, nowMs));
  const numbers = ids.map((id) =>
    [...id.slice(9, 19)].map((letter) => 'abcdefghijklmnopqrstuvwxyz234567'.indexOf(letter)),
  );
  expect(
    numbers
      .map((digits) => digits.reduce((sum, digit) => sum * 32 + digit, 0))
      .every((n, i, all) => i === 0 || n >= (all[i - 1] ?? 0)),
  ).toBe(true);
});
