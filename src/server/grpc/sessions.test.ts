import { once } from 'node:events';
import { expect, it } from 'vitest';
import { FakeClock } from '../../../test/support/fake-clock.js';
import { serverOptions } from '../../../test/support/http-server.js';
import { openSocketPair } from '../../../test/support/socket-pair.js';
import { EventBus } from '../../core/index.js';
import { Sessions } from './sessions.js';

it('does not wait for ever for a client to close its side of a connection', async () => {
  const clock = new FakeClock();
  const sessions = new Sessions({ draining: () => false, clock, events: new EventBus(), options: serverOptions() });
  await using pair = await openSocketPair();
  const { client, socket } = pair;
  sessions.connected(socket);

  socket.end();
  await once(client.resume(), 'end');
  await clock.advance(999);
  expect(socket.destroyed).toBe(false);
  await clock.advance(1);
  expect(socket.destroyed).toBe(true);
});
