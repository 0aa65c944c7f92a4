import fc from 'fast-check';
import { expect, it } from 'vitest';
import { IsoTime } from './iso-time.js';

it('writes moments as Date does, whatever came before', () => {
  const moments = fc.array(fc.oneof(fc.integer({ min: 0, max: 2_500 }), fc.integer({ min: 0, max: 8.64e15 })));
  fc.assert(
    fc.property(moments, (times) => {
      const time = new IsoTime();
      for (const atMs of times) expect(time.format(atMs)).toBe(new Date(atMs).toISOString());
    }),
  );
});
