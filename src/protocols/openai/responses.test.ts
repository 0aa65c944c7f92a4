import { expect, it } from 'vitest';
import { FakeClock } from '../../../test/support/fake-clock.js';
import { fakeResolved } from '../../../test/support/fake-service.js';
import { NO_TIMING } from '../../../test/support/no-timing.js';
import { principalWith } from '../../../test/support/principals.js';
import { serviceOf } from '../../../test/support/service-of.js';
import { Call, type InferResponse, MillraceError, NO_PARAMETERS } from '../../core/index.js';
import { Fields } from '../shared/generation/fields.js';
import { PrincipalStore } from '../shared/principal-store.js';
import type { WireStream } from '../wire.js';
import { BackgroundStreams } from './background-streams.js';
import { decodeResponse } from './decode-response.js';
import { answerResponse } from './responses.js';

const REF = { name: 'm', version: 1, generation: 1 };
const PRINCIPAL = principalWith('tester', 'caller');

const piece = (text: string): InferResponse => ({
  ref: REF,
  id: '',
  outputs: [],
  parameters: NO_PARAMETERS,
  delta: { text },
});

it('an error behind the first piece is told in the stream, which ends with a failed response', async () => {
  const clock = new FakeClock();
  const call = new Call({
    requestId: 'r',
    principal: PRINCIPAL,
    trace: undefined,
    deadlineAt: Infinity,
    receivedAt: 0,
  });
  async function* responses() {
    yield piece('a');
    throw new MillraceError('unavailable', 'the runner is gone');
  }
  const service = serviceOf({
    readyModels: () => [],
    resolve: () =>
      fakeResolved(
        { name: 'm', version: undefined },
        { tasks: { generate: { contextTokens: 64, maxOutputTokens: 64, chat: true } } },
      ),
    infer: async () => ({ kind: 'many', timing: NO_TIMING, responses: responses() }),
  });
  const store = new PrincipalStore({ maxEntries: 1, maxBytes: 1_000, maxAgeMs: 1_000 }, clock);
  const streams = new BackgroundStreams(clock);
  const request = decodeResponse(Fields.of({ model: 'm', input: 'x', stream: true }), undefined);
  const { stream } = (await answerResponse({ service, clock, store, streams }, call, request)) as WireStream;
  let text = '';
  for await (const each of stream) text += each;
  const events = text
    .split('\n\n')
    .flatMap((block) => (block === '' ? [] : [JSON.parse(block.slice(block.indexOf('data: ') + 'data: '.length))]));
  expect(events.slice(-2)).toMatchObject([
    { type: 'error', code: 'unavailable', message: 'the runner is gone', param: null },
    { type: 'response.failed', response: { status: 'failed', error: { code: 'unavailable' } } },
  ]);
  expect(events.map(({ sequence_number: number }) => number)).toEqual(events.map((_, index) => index));
});
