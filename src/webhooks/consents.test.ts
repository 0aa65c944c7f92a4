import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../test/support/fake-clock.js';
import { Consents } from './consents.js';
import type { ReceiverRequest } from './receiver-client.js';

const OPTIONS = { origin: 'ml.example', consentMaxAgeMs: 60_000 };
const { signal } = new AbortController();

function consentsOf(answer: { readonly status?: number; readonly headers?: Readonly<Record<string, string>> }) {
  const clock = new FakeClock();
  const sent: ReceiverRequest[] = [];
  const client = {
    async send(request: ReceiverRequest) {
      sent.push(request);
      return { status: 200, headers: {}, ...answer };
    },
  };
  const consents = new Consents({ client, clock, options: OPTIONS });
  const obtain = (owner: string, url: string) =>
    consents.obtain(owner, { url: new URL(url), isPrivate: false, signal });
  return { clock, sent, consents, obtain };
}

const ALLOWED = { headers: { 'webhook-allowed-origin': 'ML.example' } };

describe('a receiver', () => {
  it('is asked once for each principal and URL, and again when its consent is old', async () => {
    const { clock, sent, obtain } = consentsOf(ALLOWED);
    await obtain('ann', 'https://a.example/1');
    await obtain('ann', 'https://a.example/1');
    expect(sent.map(({ method, headers }) => [method, headers])).toEqual([
      ['OPTIONS', { 'webhook-request-origin': 'ml.example' }],
    ]);
    await obtain('ann', 'https://a.example/2');
    await obtain('bob', 'https://a.example/1');
    expect(sent.length).toBe(3);
    await clock.advance(60_001);
    await obtain('ann', 'https://a.example/1');
    expect(sent.length).toBe(4);
  });

  it('consents with a rate', async () => {
    const { obtain } = consentsOf({ headers: { 'webhook-allowed-origin': '*', 'webhook-allowed-rate': '120' } });
    expect(await obtain('ann', 'https://a.example/')).toMatchObject({ intervalMs: 500 });
  });

  it.each([
    [{ status: 405 }, 'OPTIONS was answered with 405'],
    [{}, "the answer to OPTIONS has no WebHook-Allowed-Origin; expected 'ml.example' or '*'"],
    [
      { headers: { 'webhook-allowed-origin': 'other.example' } },
      "the answer to OPTIONS has another WebHook-Allowed-Origin; expected 'ml.example' or '*'",
    ],
  ])('does not consent by %o', async (answer, why) => {
    const { obtain } = consentsOf(answer);
    await expect(obtain('ann', 'https://a.example/')).rejects.toThrow(`the receiver has not consented: ${why}`);
  });

  it('of a principal with many is forgotten, and asked again', async () => {
    const { sent, obtain } = consentsOf(ALLOWED);
    for (let index = 0; index <= 256; index++) await obtain('ann', `https://a.example/${index}`);
    await obtain('ann', 'https://a.example/256');
    expect(sent.length).toBe(257);
    await obtain('ann', 'https://a.example/0');
    expect(sent.length).toBe(258);
  });

  it('is one of at most ten thousand that are remembered', async () => {
    const { sent, obtain } = consentsOf(ALLOWED);
    for (let index = 0; index <= 10_000; index++) await obtain(`owner-${index}`, 'https://a.example/');
    await obtain('owner-0', 'https://a.example/');
    expect(sent.length).toBe(10_002);
  });
});
