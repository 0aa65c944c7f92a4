import { afterEach, expect, it } from 'vitest';
import { principalWith } from '../../../test/support/principals.js';
import { serviceOf } from '../../../test/support/service-of.js';
import { Call, MillraceError, systemClock } from '../../core/index.js';
import { Decoder } from '../shared/decoding/decoder.js';
import { readAsked } from './read.js';

const DENIED = new MillraceError('permission_denied', 'no');

let decoder: Decoder;
afterEach(() => decoder.close());

it('a caller who may not infer the model costs no more than a look for its name', async () => {
  decoder = new Decoder(systemClock);
  const ran: string[] = [];
  const decode: Decoder['decode'] = (call, what, job) => {
    ran.push(what.name);
    return decoder.decode(call, what, job);
  };
  const service = serviceOf({
    resolve: () => {
      throw DENIED;
    },
  });
  const context = {
    // Nothing else is asked of them.
    decoder: { decode } as Decoder,
    service,
    clock: systemClock,
    maxTextBytes: 1_000_000,
  };
  const call = new Call({
    requestId: 'r',
    principal: principalWith('p'),
    trace: undefined,
    deadlineAt: Number.POSITIVE_INFINITY,
    receivedAt: 0,
  });
  const ask = (documents: unknown) =>
    readAsked(context, call, {
      kind: 'rerank',
      body: Buffer.from(JSON.stringify({ query: 'q', documents, model: 'm' })),
    });
  await expect(ask(['a'.repeat(200_000), 5])).rejects.toBe(DENIED);
  await expect(ask(5)).rejects.toBe(DENIED);
  expect(ran).toEqual(['head']);
});
