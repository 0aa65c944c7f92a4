import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { FREE_PORTS, startCli } from '../support/cli-process.js';
import { createTempFolder } from '../support/model-folder.js';

const WHEN_READY = 'server: { listenWhenReady: true }\n';

/** A server whose model loads until `go` is called; resolves once it loads. */
async function startLoading() {
  const loading = createServer();
  const asked = once(loading, 'request');
  await once(loading.listen(0, '127.0.0.1'), 'listening');
  const { port } = loading.address() as AddressInfo;
  const folder = await createTempFolder({
    'millrace.yaml': WHEN_READY,
    'models/held/1/model.js': `export default {
      inputs: { x: 'INT32[-1]' }, outputs: { y: 'INT32[-1]' },
      load: () => fetch('http://127.0.0.1:${port}'),
      infer: ({ inputs }) => ({ y: inputs.x }),
    };`,
  });
  const argv = ['serve', join(folder.path, 'models'), '--config', join(folder.path, 'millrace.yaml')];
  const cli = startCli([...argv, ...FREE_PORTS, '--json']);
  const [, answer] = await asked;
  return {
    cli,
    go: () => answer.end(),
    async [Symbol.asyncDispose]() {
      loading.close();
      loading.closeAllConnections();
      await cli[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

it('a server with server.listenWhenReady opens its ports once its models have loaded', async () => {
  await using held = await startLoading();
  expect(held.cli.written().out).toBe('');
  held.go();
  const { event, http } = await held.cli.nextEvent();
  expect(event).toBe('listening');
  expect((await fetch(`${http}/v2/models/held/ready`)).status).toBe(200);
  expect(await held.cli.nextEvent()).toMatchObject({ event: 'ready' });
});

it('a server that is stopped before it has opened its ports ends at once', async () => {
  await using held = await startLoading();
  held.cli.child.kill('SIGTERM');
  expect(await held.cli.ended).toMatchObject({ exit: 0, out: '{"event":"stopped"}\n' });
});
