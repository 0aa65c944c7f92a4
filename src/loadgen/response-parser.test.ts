import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ResponseParser } from './response-parser.js';

interface Read {
  readonly status: number;
  readonly body: string;
  readonly keepAlive: boolean;
}

function read(chunks: readonly (string | Buffer)[], maxKeptBytes = 1_000): { answers: Read[]; parser: ResponseParser } {
  const answers: Read[] = [];
  const parser = new ResponseParser(({ status, body, keepAlive }) => {
    answers.push({ status, body: Buffer.from(body).toString(), keepAlive });
  }, maxKeptBytes);
  for (const chunk of chunks) parser.push(Buffer.from(chunk));
  return { answers, parser };
}

const STREAM = [
  'HTTP/1.1 200 OK\r\nServer: x\r\nContent-Length: 5\r\n\r\nhello',
  'HTTP/1.1 100 Continue\r\n\r\n',
  'HTTP/1.1 503 Service Unavailable\r\ncontent-length:0\r\nconnection: close\r\n\r\n',
  'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nwiki\r\nA;x=y\r\n0123456789\r\n0\r\ntrailer: 1\r\n\r\n',
  'HTTP/1.1 204 No Content\r\n\r\n',
].join('');

const STREAM_ANSWERS: readonly Read[] = [
  { status: 200, body: 'hello', keepAlive: true },
  { status: 503, body: '', keepAlive: false },
  { status: 200, body: 'wiki0123456789', keepAlive: true },
  { status: 204, body: '', keepAlive: true },
];

describe('ResponseParser', () => {
  it('reads answers with a length, in chunks and without a body', () => {
    expect(read([STREAM]).answers).toEqual(STREAM_ANSWERS);
  });

  it('reads Server-Timing of each answer', () => {
    const timings: string[] = [];
    const parser = new ResponseParser(({ serverTiming }) => timings.push(serverTiming), 0);
    const answer = 'HTTP/1.1 200 OK\r\nServer: x\r\nServer-Timing: total;dur=2\r\nContent-Length: 0\r\n\r\n';
    parser.push(Buffer.from(`${answer}HTTP/1.1 204 No Content\r\n\r\n`));
    expect(timings).toEqual(['total;dur=2', '']);
  });

  it('reads the same answers whatever pieces they come in', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: STREAM.length }), { maxLength: 20 }), (cuts) => {
        const edges = [0, ...cuts.sort((a, b) => a - b), STREAM.length];
        const chunks = edges.slice(1).map((end, index) => STREAM.slice(edges[index], end));
        expect(read(chunks).answers).toEqual(STREAM_ANSWERS);
      }),
    );
  });

  it('takes a body without a length to end with the connection', () => {
    const { answers, parser } = read(['HTTP/1.1 200 OK\r\n\r\nhel', 'lo']);
    expect(answers).toEqual([]);
    expect(parser.end()).toBe(true);
    expect(answers).toEqual([{ status: 200, body: 'hello', keepAlive: false }]);
  });

  it('does not take a connection that ends inside an answer for its end', () => {
    expect(read(['HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhel']).parser.end()).toBe(false);
  });

  it('knows that HTTP/1.0 closes the connection', () => {
    expect(read(['HTTP/1.0 200 OK\r\ncontent-length: 0\r\n\r\n']).answers[0]?.keepAlive).toBe(false);
  });

  it('keeps no more of a body that comes in pieces than it was told to', () => {
    const { answers } = read(['HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n01234', '56789'], 7);
    expect(answers).toEqual([{ status: 200, body: '0123456', keepAlive: true }]);
  });

  it.each([
    ['SSH-2.0-OpenSSH_9.2\r\n\r\n', 'not HTTP/1.1'],
    ['HTTP/1.1 2x0 OK\r\n\r\n', 'bad status line'],
    ['HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n', 'bad content-length'],
    ['HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\n', 'bad chunk size'],
    [`HTTP/1.1 200 OK\r\nx: ${'y'.repeat(70_000)}`, 'header too large'],
  ])('refuses what is not HTTP: %j', (text, message) => {
    expect(() => read([text])).toThrow(message);
  });
});
