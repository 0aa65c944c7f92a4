import { expect, it } from 'vitest';
import { KnownIds } from './known-ids.js';

it('knows each id that it has, also after it has grown', () => {
  const ids = new KnownIds();
  const all = Array.from({ length: 50_000 }, (_, index) => `request-${index}`);
  expect(all.filter((id) => !ids.add(id))).toEqual([]);
  expect(all.filter((id) => ids.add(id))).toEqual([]);
});
