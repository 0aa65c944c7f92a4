import { expect, it } from 'vitest';
import { encodeRetryInfo } from './retry-info.js';

it('is what google.rpc.Status with RetryInfo is on the wire', () => {
  const text = encodeRetryInfo({ status: 8, message: 'later', retryAfterMs: 1_500.2 });
  const bytes = Buffer.from(text, 'base64');
  const type = 'type.googleapis.com/google.rpc.RetryInfo';
  const delay = Buffer.from([0x08, 1, 0x10, 0xc0, 0xce, 0xf2, 0xee, 0x01]);
  const retryInfo = Buffer.concat([Buffer.from([0x0a, delay.length]), delay]);
  const any = Buffer.concat([
    Buffer.from([0x0a, type.length]),
    Buffer.from(type),
    Buffer.from([0x12, retryInfo.length]),
    retryInfo,
  ]);
  expect(bytes).toEqual(
    Buffer.concat([Buffer.from([0x08, 8, 0x12, 5]), Buffer.from('later'), Buffer.from([0x1a, any.length]), any]),
  );
  expect(text).not.toContain('=');
});
