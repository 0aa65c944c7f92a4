import { afterEach, describe, expect, it } from 'vitest';
import { closeServer, failure, server, start } from '../../test/support/client-fixture.js';
import { connectApi } from './index.js';

afterEach(closeServer);

const html = () => ({ headers: { 'content-type': 'text/html', 'x-request-id': 'r-1' }, body: '<p>hello</p>' });

describe("the server's own API", () => {
  it('says when something else answers at its address', async () => {
    await start(html);
    const asked = connectApi(server.url).ask('GET /keys', {});
    expect(await failure(asked)).toMatchObject({
      code: 'internal',
      message: "the server's answer is not JSON: is this an inference server?",
      requestId: 'r-1',
    });
  });

  const answer = (state: string, status: number, body = 'bytes') => ({
    status,
    headers: { 'content-type': 'application/octet-stream', 'x-millrace-job': state },
    body,
  });

  it('answers with that of a job, whatever its status', async () => {
    const answers = [answer('succeeded', 200), answer('failed', 424, '{}'), answer('failed', 400)];
    await start((_, index) => answers[index]);
    const api = connectApi(server.url);
    const found = [await api.jobAnswer('a/1'), await api.jobAnswer('b', { waitMs: 1_500 }), await api.jobAnswer('c')];
    const texts = found.map((each) => [
      each?.headers.get('x-millrace-job'),
      each?.status,
      new TextDecoder().decode(each?.body),
    ]);
    expect(texts).toEqual([
      ['succeeded', 200, 'bytes'],
      ['failed', 424, '{}'],
      ['failed', 400, 'bytes'],
    ]);
    expect(server.seen.map(({ url, headers }) => [url, headers.prefer])).toEqual([
      ['/millrace/v1/jobs/a%2F1', 'wait=0'],
      ['/millrace/v1/jobs/b', 'wait=2'],
      ['/millrace/v1/jobs/c', 'wait=0'],
    ]);
  });

  it('has no answer of a job that has not ended, and rejects for one that is unknown', async () => {
    const error = { error: { code: 'not_found', message: "there is no job 'x'" } };
    const answers = [answer('queued', 202), answer('running', 202), { status: 404, body: JSON.stringify(error) }];
    await start((_, index) => answers[index]);
    const api = connectApi(server.url);
    expect([await api.jobAnswer('x'), await api.jobAnswer('x')]).toEqual([undefined, undefined]);
    expect(await failure(api.jobAnswer('x'))).toMatchObject({ status: 404, message: "there is no job 'x'" });
  });

  it('answers with text where that was asked for', async () => {
    await start(html);
    const { body } = await connectApi(server.url).askText('GET /keys', { accept: 'text/html' });
    expect(body).toBe('<p>hello</p>');
  });
});
