import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../test/support/fake-clock.js';
import { openTestStore } from '../../test/support/store.js';
import { GoneReceivers } from './gone-receivers.js';
import { WebhookSecrets } from './secrets.js';

async function fixture() {
  const { snapshots } = await openTestStore();
  const clock = new FakeClock();
  return { clock, snapshots, secrets: new WebhookSecrets({ snapshots, clock, overlapMs: 1_000 }) };
}

describe('a secret', () => {
  it('is made with the first notification, and not shown', async () => {
    const { secrets } = await fixture();
    expect(await secrets.info('ann')).toBeUndefined();
    const [signing] = await secrets.signing('ann');
    expect(signing).toMatch(/^whsec_/);
    expect(await secrets.signing('ann')).toEqual([signing]);
    expect(await secrets.info('ann')).not.toHaveProperty('secret');
  });

  it('signs beside the one before until that ends', async () => {
    const { clock, secrets } = await fixture();
    const { secret: first } = await secrets.rotate('ann');
    const { secret: second } = await secrets.rotate('ann');
    expect(await secrets.signing('ann')).toEqual([second, first]);
    expect((await secrets.info('ann'))?.previousEndsAtMs).toBe(clock.wallNow() + 1_000);
    await clock.advance(1_000);
    expect(await secrets.signing('ann')).toEqual([second]);
    expect((await secrets.info('ann'))?.previousEndsAtMs).toBeUndefined();
  });

  it('is another one for each principal', async () => {
    const { secrets } = await fixture();
    expect((await secrets.rotate('ann')).secret).not.toBe((await secrets.rotate('bob')).secret);
  });
});

describe('a receiver that is gone', () => {
  it('gets nothing more of that principal, for a week', async () => {
    const { clock, snapshots } = await fixture();
    const gone = new GoneReceivers(snapshots, clock);
    await gone.add('ann', 'https://a.example/');
    await expect(gone.check('ann', 'https://a.example/')).rejects.toThrow(
      'webhook: the receiver answered 410 (Gone) at 2025-06-15T15:06:41.000Z, and gets no notifications until 2025-06-22T15:06:41.000Z',
    );
    await gone.check('ann', 'https://a.example/other');
    await gone.check('bob', 'https://a.example/');
    await clock.advance(7 * 86_400_000);
    await gone.check('ann', 'https://a.example/');
  });

  it('is one of at most a hundred of a principal', async () => {
    const { clock, snapshots } = await fixture();
    const gone = new GoneReceivers(snapshots, clock);
    for (let index = 0; index <= 100; index++) await gone.add('ann', `https://a.example/${index}`);
    await gone.check('ann', 'https://a.example/0');
    await expect(gone.check('ann', 'https://a.example/1')).rejects.toThrow('410 (Gone)');
  });
});
