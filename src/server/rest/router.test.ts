import { afterEach, describe, expect, it, vi } from 'vitest';
import { FakeClock } from '../../../test/support/fake-clock.js';
import { closeTestServers, startTestServer } from '../../../test/support/http-server.js';
import { bindRouter } from './fastify-router.js';

vi.mock('./fastify-router.js', { spy: true });
afterEach(async () => {
  await closeTestServers();
  vi.clearAllMocks();
});

describe('the routes that need fastify', () => {
  it('are bound a second after the server listens, so that its first models come before them', async () => {
    const clock = new FakeClock();
    await startTestServer({ clock });
    await clock.advance(999);
    expect(bindRouter).not.toHaveBeenCalled();
    await clock.advance(1);
    await vi.waitFor(() => expect(bindRouter).toHaveBeenCalledOnce());
  });

  it('are bound at once when one is asked for, and only then', async () => {
    const clock = new FakeClock();
    const { url } = await startTestServer({ clock });
    expect((await fetch(`${url}/v2/health/live`)).status).toBe(200);
    expect(bindRouter).toHaveBeenCalledOnce();
    expect(clock.pendingTimers).toBe(0);
  });

  it('are tried again by the next request when they could not be bound', async () => {
    vi.mocked(bindRouter).mockRejectedValueOnce(new Error('EMFILE: too many open files'));
    const { url } = await startTestServer();
    expect((await fetch(`${url}/v2/health/live`)).status).toBe(500);
    expect((await fetch(`${url}/v2/health/live`)).status).toBe(200);
  });

  it('hold up no shutdown when they cannot be bound', async () => {
    let fail: (error: Error) => void = () => undefined;
    vi.mocked(bindRouter).mockReturnValueOnce(
      new Promise((_resolve, reject) => {
        fail = reject;
      }),
    );
    const { server, url } = await startTestServer();
    const asked = fetch(`${url}/v2/health/live`);
    await vi.waitFor(() => expect(bindRouter).toHaveBeenCalledOnce());
    const closed = server.close(1_000);
    fail(new Error('EMFILE: too many open files'));
    await closed;
    expect((await asked).status).toBe(500);
  });

  it('are not bound any more once the server is closed', async () => {
    const clock = new FakeClock();
    const { server } = await startTestServer({ clock });
    await server.close(0);
    expect(clock.pendingTimers).toBe(0);
    expect(bindRouter).not.toHaveBeenCalled();
  });
});
