import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { afterEach, expect, inject, it } from 'vitest';
import { createSettings } from '../../src/config/index.js';
import { inferText } from '../support/held-service.js';
import { closeTestServers, startTestServer } from '../support/http-server.js';
import { RawClient } from '../support/raw-client.js';

afterEach(closeTestServers);

it('these tests run with the fast path, or without it, as they are told to', async () => {
  expect(createSettings({}).server.fastPath).toBe(inject('fastPath'));
  let readByNode = 0;
  const count = () => {
    readByNode++;
  };
  subscribe('http.server.request.start', count);
  const client = await RawClient.connect((await startTestServer()).port);
  client.send(inferText('a'));
  expect((await client.response()).status).toBe(200);
  client.socket.destroy();
  unsubscribe('http.server.request.start', count);
  expect(readByNode).toBe(inject('fastPath') ? 0 : 1);
});
