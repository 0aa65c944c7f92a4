import { describe, expect, it } from 'vitest';
import { PROCESS_MARK } from '../../repository/index.js';
import { abandonedBase, mayBeInUse, ownedName } from './owned-name.js';

const of = (mark: string) => `sha256-0.${mark}-0123abcd.part`;
const DEAD = of(PROCESS_MARK.replace(/\d+$/, '999999999'));
const ELSEWHERE = of(PROCESS_MARK.replace(/^[0-9a-f]{8}-\d+$/, '00000000-999999999'));
const HOUR_MS = 3_600_000;

describe('what a file name says of its process', () => {
  it.each([
    ['ours', ownedName('sha256-0'), undefined, true],
    ['of one that is gone', DEAD, 'sha256-0', false],
    ['of one elsewhere, of which nobody knows', ELSEWHERE, undefined, true],
    ['of nobody', 'sha256-0.part', undefined, false],
  ])('%s', (_, name, base, isInUse) => {
    expect(abandonedBase(name)).toBe(base);
    expect(mayBeInUse(name, HOUR_MS)).toBe(isInUse);
  });

  it('counts for a day elsewhere', () => {
    expect(mayBeInUse(ELSEWHERE, 25 * HOUR_MS)).toBe(false);
    expect(mayBeInUse(ownedName('a'), 25 * HOUR_MS)).toBe(true);
  });
});
