import fc from 'fast-check';
import { expect, it } from 'vitest';
import { systemClock, Turns } from '../core/index.js';
import { membersOf, NoObject, textOf } from './json-members.js';

const TURNS = new Turns(systemClock);
const read = async (text: string) => {
  const members = await membersOf(Buffer.from(text), TURNS);
  return [...members].map(([name, bytes]) => [name, Buffer.from(bytes).toString()]);
};

it('the bytes of a member are as they were', async () => {
  expect(await read(' { "a" : 1.50e+3 , "b":{"c":"}\\"{"},"\\u0064":[[1],"]"] } ')).toEqual([
    ['a', '1.50e+3'],
    ['b', '{"c":"}\\"{"}'],
    ['d', '[[1],"]"]'],
  ]);
  expect(await read('{}')).toEqual([]);
});

it('of members of one name the last one counts, as for JSON.parse', async () => {
  expect(await read('{"a":1,"a":2}')).toEqual([['a', '2']]);
});

it.each([
  '',
  '[]',
  '1',
  '{',
  '{"a"}',
  '{"a":}',
  '{"a":1',
  '{"a":1,}',
  '{"a":1}x',
  '{"a":"b}',
  '{a:1}',
  '{"a":[1}',
  '{,}',
])('is refused where it is no object: %s', async (text) => {
  await expect(read(text)).rejects.toThrow(NoObject);
});

it('a string whose escapes are broken is refused', () => {
  expect(() => textOf(Buffer.from('"\\x"'))).toThrow(NoObject);
});

it('members of any JSON object are those of JSON.parse', async () => {
  await fc.assert(
    fc.asyncProperty(fc.dictionary(fc.string(), fc.jsonValue()), fc.nat(3), async (object, indent) => {
      const members = await membersOf(Buffer.from(JSON.stringify(object, undefined, indent)), TURNS);
      const parsed = [...members].map(([name, bytes]) => [name, JSON.parse(Buffer.from(bytes).toString())]);
      const expected: unknown = JSON.parse(JSON.stringify(object));
      expect(new Map(parsed as [string, unknown][])).toEqual(new Map(Object.entries(expected as object)));
    }),
  );
});

it('a large member is searched in several turns of the event loop', async () => {
  const text = `{"a":[${'1,'.repeat(4_000_000)}1]}`;
  let turns = 0;
  let isOver = false;
  const count = () => {
    turns++;
    if (!isOver) setImmediate(count);
  };
  setImmediate(count);
  const members = await membersOf(Buffer.from(text), TURNS);
  isOver = true;
  expect(members.get('a')?.byteLength).toBe(8_000_003);
  expect(turns).toBeGreaterThanOrEqual(7);
});
