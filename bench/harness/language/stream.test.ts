import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { completionOf } from './prompts.js';
import { firstTokenMs, openStream, streamAnswer } from './stream.js';

const ASKED = completionOf([1, 2, 3], 2);
let server: Server | undefined;

afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

describe('a stream that is measured', () => {
  it('notes when each piece of text came, and how many tokens the server counted', async () => {
    const url = await serve(200, [
      'data: {"choices":[{"text":"a"}]}\n\ndata: {"choi',
      'ces":[{"delta":{"content":"b"}}]}\n\ndata: {"choices":[{"text":""}]}\n\n',
      'data: {"choices":[],"usage":{"completion_tokens":2}}\n\ndata: [DONE]\n\n',
    ]);
    const answer = await streamAnswer(url, ASKED);
    expect(answer).toMatchObject({ tokens: 2, pieces: [expect.any(Number), expect.any(Number)] });
    expect(firstTokenMs(answer)).toBe((answer.pieces[0] ?? 0) - answer.sentAt);
  });

  it('is an error where it has another length than was asked for', async () => {
    const url = await serve(200, ['data: {"choices":[],"usage":{"completion_tokens":1}}\n\n']);
    await expect(streamAnswer(url, ASKED)).rejects.toThrow('asked for 2 tokens, got 1');
  });

  it.each([
    [200, 'data: {"error":{"message":"it broke"}}\n\n', 'it broke'],
    [503, '{"error":"loading"}\n', '503 {"error":"loading"}'],
  ])('is an error where the server says so with %d', async (status, text, message) => {
    const stream = openStream(await serve(status, [text]), ASKED);
    await expect(stream.begun).rejects.toThrow(message);
    await expect(stream.answer).rejects.toThrow(message);
  });

  it('can be left', async () => {
    const stream = openStream(await serve(200, ['data: {"choices":[{"text":"a"}]}\n\n'], false), ASKED);
    await stream.begun;
    stream.cancel();
    await expect(stream.answer).rejects.toThrow('cancelled');
    expect(stream.pieces).toHaveLength(1);
  });
});

/** Answers every request with these chunks. */
async function serve(status: number, chunks: readonly string[], ends = true): Promise<string> {
  server = createServer((_request, response) => {
    response.writeHead(status);
    for (const chunk of chunks) response.write(chunk);
    if (ends) response.end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return `http://127.0.0.1:${address.port}`;
}
