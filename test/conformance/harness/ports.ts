import { once } from 'node:events';
import { createServer, type Server } from 'node:net';

/** Below the range from which the system takes the ports of outgoing connections, so that a server finds its port again. */
const FIRST = 18_000;
const LAST = 32_000;

/** Ports of loopback that are free now, each another one. Rejects where there are not so many. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const servers = new Map<number, Server>();
  let port = FIRST + Math.floor(Math.random() * (LAST - FIRST - 100 * count));
  for (; servers.size < count && port < LAST; port++) {
    const server = createServer();
    const isFree = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false)).listen(port, '127.0.0.1', () => resolve(true));
    });
    if (isFree) servers.set(port, server);
  }
  if (servers.size < count) throw new Error(`no ${count} ports are free from ${FIRST} to ${LAST}`);
  await Promise.all([...servers.values()].map((server) => once(server.close(), 'close')));
  return [...servers.keys()];
}

/** A port of loopback that is free now. */
export async function freePort(): Promise<number> {
  const [port = 0] = await freePorts(1);
  return port;
}
