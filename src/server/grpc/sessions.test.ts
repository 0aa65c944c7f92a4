import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { expect, it } from 'vitest';
import { FakeClock } from '../../../test/support/fake-clock.js';
import { serverOptions } from '../../../test/support/http-server.js';
import { EventBus } from '../../core/index.js';
import { Sessions } from './sessions.js';

it('does not wait for ever for a client to close its side of a connection', async () => {
  const clock = new FakeClock();
  const sessions = new Sessions({ draining: () => false, clock, events: new EventBus(), options: serverOptions() });
  const server = createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const client = connect({ host: '127.0.0.1', port: address.port, allowHalfOpen: true });
  const [socket]: Socket[] = await once(server, 'connection');
  if (socket === undefined) throw new Error('no connection');
  sessions.connected(socket);

  socket.end();
  await once(client.resume(), 'end');
  await clock.advance(999);
  expect(socket.destroyed).toBe(false);
  await clock.advance(1);
  expect(socket.destroyed).toBe(true);
  client.destroy();
  server.close();
});
