import { expect, it } from 'vitest';
import { readEventStream } from '../../../test/support/event-stream.js';
import { MillraceError } from '../../core/index.js';
import { encodeMessage, payloadParts } from './event-stream.js';

async function messagesOf(pieces: AsyncIterable<string | Uint8Array>) {
  const messages: Uint8Array[] = [];
  for await (const message of payloadParts(pieces)) messages.push(message);
  return readEventStream(Buffer.concat(messages));
}

async function* failing(...pieces: readonly string[]): AsyncGenerator<string> {
  yield* pieces;
  throw new MillraceError('unavailable', 'the runner is gone');
}

it('is what AWS gives as an example of the encoding', () => {
  // From the tests of AWS's SDKs: a payload without headers.
  const expected = '0000001d00000000fd528c5a7b27666f6f273a27626172277dc3653936';
  expect(Buffer.from(encodeMessage({}, Buffer.from("{'foo':'bar'}"))).toString('hex')).toBe(expected);
});

it('divides large pieces, and has at least one part', async () => {
  const sizes = async (...pieces: readonly string[]) =>
    (
      await messagesOf(
        (async function* () {
          yield* pieces;
        })(),
      )
    ).map(({ payload }) => payload.length);
  expect(await sizes('a'.repeat(600_000), 'b')).toEqual([262_144, 262_144, 75_712, 1]);
  expect(await sizes()).toEqual([0]);
});

it('tells of an error behind the first part, and throws one before it', async () => {
  const [first, second] = await messagesOf(failing('a'));
  expect(first?.payload).toBe('a');
  expect(second).toEqual({
    headers: {
      ':exception-type': 'ModelStreamError',
      ':content-type': 'application/json',
      ':message-type': 'exception',
    },
    payload: '{"Message":"the runner is gone","ErrorCode":"503"}',
  });
  await expect(messagesOf(failing())).rejects.toThrow('the runner is gone');
});
