import { expect, it } from 'vitest';
import { principalWith } from '../../test/support/principals.js';
import { BufferShares } from './buffer-shares.js';

const [ANN, BOB] = [principalWith('ann'), principalWith('bob')];

it('a share of what is buffered is half of it, for each principal, and is forgotten when nothing is held of it', () => {
  const shares = new BufferShares(100);
  const share = shares.of(ANN);
  expect([share.take(30), share.take(20), share.take(1), shares.of(BOB).take(50)]).toEqual([true, true, false, true]);
  expect(shares.of(ANN)).toBe(share);
  share.release(50);
  expect(shares.of(ANN)).not.toBe(share);
});

it('a share of which too much is asked at once is forgotten as well', () => {
  const shares = new BufferShares(100);
  const share = shares.of(ANN);
  expect(share.take(51)).toBe(false);
  expect(shares.of(ANN)).not.toBe(share);
});
