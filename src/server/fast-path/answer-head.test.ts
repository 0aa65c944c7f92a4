import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../../test/support/fake-clock.js';
import { portOf } from '../endpoint.js';
import { AnswerHeads } from './answer-head.js';

const KEEP_ALIVE_MS = 75_000;
const HEADERS = ['content-type', 'application/json', 'x-request-id', 'a-1', 'Latin', '\xe9'];

/** What `node:http` writes for the same. */
async function headOfNode(status: number, headers: readonly string[], close: boolean): Promise<string> {
  const all = [...headers, 'content-length', '0', ...(close ? ['connection', 'close'] : [])];
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (_req, res) => res.writeHead(status, all).end());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const socket = connect(portOf(server), '127.0.0.1');
  socket.setEncoding('latin1');
  socket.end('POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 0\r\n\r\n');
  const answer = await text(socket);
  server.close();
  return answer.replace(/Date: .*/, `Date: ${new Date(new FakeClock().wallNow()).toUTCString()}`);
}

describe('the head of an answer', () => {
  it.each([
    [200, true],
    [404, true],
    [299, true],
  ])('is the one that node:http writes (%s, close: %s)', async (status, close) => {
    const heads = new AnswerHeads(new FakeClock(), KEEP_ALIVE_MS);
    const headers = [...HEADERS, 'content-length', '0', 'connection', 'close'];
    expect(heads.render(status, headers, close)).toBe(await headOfNode(status, HEADERS, close));
  });

  it('keeps the connection, and says for how long', () => {
    const heads = new AnswerHeads(new FakeClock(), 1_999);
    expect(heads.render(200, [], false)).toBe(
      'HTTP/1.1 200 OK\r\nDate: Sun, 15 Jun 2025 15:06:41 GMT\r\nConnection: keep-alive\r\nKeep-Alive: timeout=1\r\n\r\n',
    );
  });

  it('has the time of the second in which it is written', async () => {
    const clock = new FakeClock();
    const heads = new AnswerHeads(clock, 1_000);
    expect(heads.render(200, [], true)).toContain('Date: Sun, 15 Jun 2025 15:06:41 GMT\r\n');
    await clock.advance(999);
    expect(heads.render(200, [], true)).toContain('Date: Sun, 15 Jun 2025 15:06:41 GMT\r\n');
    await clock.advance(1);
    expect(heads.render(200, [], true)).toContain('Date: Sun, 15 Jun 2025 15:06:42 GMT\r\n');
  });

  it('refuses what HTTP does not allow, the second time too', () => {
    const heads = new AnswerHeads(new FakeClock(), 1_000);
    for (let time = 0; time < 2; time++) {
      expect(() => heads.check({ a: 'b', c: 'd' })).not.toThrow();
      expect(() => heads.check({ a: 'b\r\nc: d' })).toThrow('Invalid character in header content ["a"]');
      expect(() => heads.check({ 'a b': 'c' })).toThrow('Header name must be a valid HTTP token ["a b"]');
    }
  });
});
