import { Webhook } from 'standardwebhooks';
import { expect, it } from 'vitest';
import { newWebhookSecret, signedHeaders } from './sign.js';

const MESSAGE = { id: 'msg_1', timestampS: Math.floor(Date.now() / 1_000), body: '{"type":"job.succeeded","ü":1}' };

it('is verified by standardwebhooks with each of the secrets, and with no other', () => {
  const secrets = [newWebhookSecret(), newWebhookSecret()];
  const headers = { ...signedHeaders(MESSAGE, secrets) };
  for (const secret of secrets) {
    expect(new Webhook(secret).verify(MESSAGE.body, headers)).toEqual(JSON.parse(MESSAGE.body));
  }
  expect(() => new Webhook(newWebhookSecret()).verify(MESSAGE.body, headers)).toThrow('No matching signature found');
  expect(() => new Webhook(secrets[0] ?? '').verify(`${MESSAGE.body} `, headers)).toThrow(
    'No matching signature found',
  );
});

it('is what standardwebhooks signs', () => {
  const secret = newWebhookSecret();
  expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
  const signature = new Webhook(secret).sign(MESSAGE.id, new Date(MESSAGE.timestampS * 1_000), MESSAGE.body);
  expect(signedHeaders(MESSAGE, [secret])).toEqual({
    'webhook-id': 'msg_1',
    'webhook-timestamp': String(MESSAGE.timestampS),
    'webhook-signature': signature,
  });
});
