import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface SocketPair extends AsyncDisposable {
  readonly client: Socket;
  /** The server's end. */
  readonly socket: Socket;
}

/** Both ends of a connection over loopback; neither ends because the other does. */
export async function openSocketPair(): Promise<SocketPair> {
  const server = createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const client = connect({ host: '127.0.0.1', port, allowHalfOpen: true });
  const [socket] = (await once(server, 'connection')) as [Socket];
  return {
    client,
    socket,
    async [Symbol.asyncDispose]() {
      for (const end of [client, socket]) end.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
