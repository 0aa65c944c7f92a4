import { expect, it } from 'vitest';
import { createSign } from './sign.js';

/** The examples of AWS's documentation of S3: "Signature Calculations for the Authorization Header". */
const EXAMPLE = {
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  sessionToken: undefined,
  expiresAtMs: undefined,
};
const NOW_MS = Date.UTC(2013, 4, 24);
const HOST = 'https://examplebucket.s3.amazonaws.com';
const EMPTY = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

it.each([
  [
    { method: 'GET', url: `${HOST}/?lifecycle=`, headers: { 'x-amz-content-sha256': EMPTY } },
    'fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543',
  ],
  [
    { method: 'GET', url: `${HOST}/?max-keys=2&prefix=J`, headers: { 'x-amz-content-sha256': EMPTY } },
    '34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7',
  ],
  [
    {
      method: 'PUT',
      url: `${HOST}/test%24file.text`,
      headers: {
        date: 'Fri, 24 May 2013 00:00:00 GMT',
        'x-amz-content-sha256': '44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072',
        'x-amz-storage-class': 'REDUCED_REDUNDANCY',
      },
    },
    '98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd',
  ],
])('%o is signed as in the documentation', async (request, signature) => {
  const headers = await createSign('us-east-1')(request, EXAMPLE, NOW_MS);
  expect(headers.authorization).toMatch(
    /^AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE\/20130524\/us-east-1\/s3\/aws4_request, /,
  );
  expect(headers.authorization).toContain(`Signature=${signature}`);
  expect(headers['x-amz-date']).toBe('20130524T000000Z');
});

it('the token of a session is sent, and signed', async () => {
  const headers = await createSign('eu-central-1')(
    { method: 'GET', url: `${HOST}/x`, headers: { 'x-amz-content-sha256': EMPTY } },
    { ...EXAMPLE, sessionToken: 'token' },
    NOW_MS,
  );
  expect(headers['x-amz-security-token']).toBe('token');
  expect(headers.authorization).toContain('SignedHeaders=host;x-amz-content-sha256;x-amz-date;x-amz-security-token');
});
