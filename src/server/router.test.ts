import { afterEach, describe, expect, it, vi } from 'vitest';
import { FakeClock } from '../../test/support/fake-clock.js';
import { closeTestServers, startTestServer } from '../../test/support/http-server.js';
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

  it('are not bound any more once the server is closed', async () => {
    const clock = new FakeClock();
    const { server } = await startTestServer({ clock });
    await server.close(0);
    expect(clock.pendingTimers).toBe(0);
    expect(bindRouter).not.toHaveBeenCalled();
  });
});
