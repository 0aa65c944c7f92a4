import { afterAll, describe, expect, it } from 'vitest';
import { principalWith } from '../../../../test/support/principals.js';
import { Call, type Signature, systemClock } from '../../../core/index.js';
import { LARGE_BYTES } from '../../wire.js';
import { Decoder } from '../decoding/decoder.js';
import { readInstances } from './read.js';

const signature: Signature = {
  inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 1_000], batchAxis: 0, optional: false }],
  outputs: [],
};

function createTestCall(): Call {
  const principal = principalWith('p');
  return new Call({ requestId: 'r', principal, trace: undefined, deadlineAt: Number.POSITIVE_INFINITY, receivedAt: 1 });
}

describe('readInstances', () => {
  const decoder = new Decoder(systemClock);
  afterAll(() => decoder.close());

  it('reads a large body in a thread as it would have done here', async () => {
    const rows = Array.from({ length: 50 }, (_, row) => Array.from({ length: 1_000 }, (_, index) => (row + index) / 8));
    const text = JSON.stringify({ signature_name: 's', instances: rows });
    const body = new Uint8Array(Buffer.from(text));
    expect(body.length).toBeGreaterThan(LARGE_BYTES);
    const options = { signature, members: ['signature_name'] };
    const decoded = await readInstances(decoder, createTestCall(), { body, options });
    expect(decoded).toMatchObject({ format: 'row', members: { signature_name: 's' } });
    const [x] = decoded.inputs;
    expect(x?.shape).toEqual([50, 1_000]);
    expect(Array.from(new Float32Array(new Uint8Array(x?.data ?? []).buffer))).toEqual(rows.flat());
    expect(body.length).toBe(0);
  });

  it('refuses there as here', async () => {
    const text = `{"instances":[${'1,'.repeat(LARGE_BYTES)}"a"]}`;
    const reading = readInstances(decoder, createTestCall(), {
      body: new Uint8Array(Buffer.from(text)),
      options: { signature },
    });
    await expect(reading).rejects.toMatchObject({
      code: 'invalid_argument',
      message: "input 'x': data[131072] at byte 262158: expected a number, got a string",
    });
  });
});
