import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findDuplicateMember } from './duplicate-member.js';

describe('a name that an object has twice', () => {
  it.each([
    ['{"sub":"a","sub":"b"}', 'sub'],
    ['{"sub":"a","s\\u0075b":"b"}', 'sub'],
    ['{"a":[{"x":1},{"y":1,"y":2}]}', 'y'],
    ['{"a":{"b":{},"b":[]}}', 'b'],
    ['{"":1, "a":2 , "" : 3}', ''],
    ['{"a":"x\\\\","b":1,"a":2}', 'a'],
    ['[{"\\"":1,"\\"":2}]', '"'],
  ])('is found in %s', (json, name) => expect(findDuplicateMember(json)).toBe(name));

  it.each([
    '{}',
    '[]',
    '"a"',
    '1',
    '{"a":"a","b":["a","a"],"c":{"a":1,"b":{"a":2}}}',
    '[{"a":1},{"a":1}]',
    '["{\\"a\\":1,\\"a\\":2}"]',
  ])('is not in %s', (json) => expect(findDuplicateMember(json)).toBeUndefined());

  it('is in nothing that JSON.stringify has written', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.nat(2), (value, indent) => {
        expect(findDuplicateMember(JSON.stringify(value, undefined, indent))).toBeUndefined();
      }),
    );
  });

  it('is found wherever it is', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), fc.string(), (before, behind, name) => {
        const json = `[${JSON.stringify(before)},{"\\u0000 other":1,${JSON.stringify(name)}:${JSON.stringify(behind)},${JSON.stringify(name)}:0}]`;
        expect(findDuplicateMember(json)).toBe(name);
      }),
    );
  });
});
