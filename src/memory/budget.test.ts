import { Value } from '@sinclair/typebox/value';
import { expect, it } from 'vitest';
import { budgetBytes, formatMemory } from './budget.js';
import { MemoryOptionsSchema } from './options.js';

it.each([
  ['', undefined],
  ['6000000000', 6_000_000_000],
  ['6 GB', 6_000_000_000],
  ['512MiB', 536_870_912],
  ['1.5GiB', 1_610_612_736],
  ['2TB', 2_000_000_000_000],
  ['80%', 800],
  ['100%', 1_000],
])("the budget '%s' of 1,000 bytes of memory is %s", (text, bytes) => {
  expect(Value.Check(MemoryOptionsSchema, { budget: text })).toBe(true);
  expect(budgetBytes(text, 1_000)).toBe(bytes);
});

it.each(['0', '-1', '0%', '101%', '6 gb', '6GBs', '1.5', 'half', '6 KB'])("the budget '%s' is refused", (text) => {
  expect(Value.Check(MemoryOptionsSchema, { budget: text })).toBe(false);
});

it('messages have bytes as MB, and as GB from 1 GB on', () => {
  expect(formatMemory(373_400_000)).toBe('373 MB');
  expect(formatMemory(999_500_000)).toBe('1.00 GB');
  expect(formatMemory(12_345_000_000)).toBe('12.35 GB');
});
