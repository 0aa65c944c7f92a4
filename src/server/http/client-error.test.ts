import { once } from 'node:events';
import { expect, it } from 'vitest';
import { FakeClock } from '../../../test/support/fake-clock.js';
import { openSocketPair } from '../../../test/support/socket-pair.js';
import { HttpError } from '../http-error.js';
import { answerClientError, clientErrorOf, renderRaw } from './client-error.js';
import { Connections } from './connection.js';

it.each([
  ['ECONNRESET', undefined, undefined],
  ['HPE_HEADER_OVERFLOW', 431, 'the headers are too large: expected at most 100 bytes'],
  ['HPE_CHUNK_EXTENSIONS_OVERFLOW', 413, 'the chunk extensions are too large'],
  ['ERR_HTTP_REQUEST_TIMEOUT', 408, 'the request did not arrive in time'],
  ['HPE_INVALID_EOF_STATE', 400, 'the connection ended before the request was complete'],
  ['HPE_INVALID_METHOD', 400, 'not a valid HTTP/1.1 request: Invalid method'],
])('%s is answered with %s', (code, status, message) => {
  const error = clientErrorOf(Object.assign(new Error('Parse Error: Invalid method'), { code }), {
    maxHeaderBytes: 100,
  });
  expect([error?.status, error?.message]).toEqual([status, message]);
});

it('writes a whole answer that ends the connection', () => {
  expect(renderRaw(431, { 'content-type': 'application/json' }, '{"error":"ü"}')).toBe(
    'HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-type: application/json\r\ncontent-length: 14\r\nconnection: close\r\n\r\n{"error":"ü"}',
  );
});

it('gives a client that goes on sending what is no request a second to read the answer', async () => {
  const clock = new FakeClock();
  const connections = new Connections(clock);
  await using pair = await openSocketPair();
  const { client, socket } = pair;
  const answer = () => answerClientError(new HttpError(400, 'no request'), socket, { clock, connections, render });
  const render = (error: HttpError) => error.message;
  answer();
  answer();
  expect(String(await once(client, 'data'))).toBe('no request');
  await clock.advance(999);
  expect(socket.destroyed).toBe(false);
  await clock.advance(1);
  expect(socket.destroyed).toBe(true);
});
