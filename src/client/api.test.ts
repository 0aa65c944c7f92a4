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

  it('answers with text where that was asked for', async () => {
    await start(html);
    const { body } = await connectApi(server.url).askText('GET /keys', { accept: 'text/html' });
    expect(body).toBe('<p>hello</p>');
  });
});
