import { once } from 'node:events';
import { createServer, type Server } from 'node:net';

/** The ports of a server that is told none: HTTP, gRPC and metrics. */
const DEFAULT_PORTS = [8000, 8001, 8002];

/** Takes the port; undefined where somebody else has it, which serves as well. */
async function take(port: number): Promise<Server | undefined> {
  const server = createServer((socket) => socket.destroy());
  try {
    await once(server.listen(port, '127.0.0.1'), 'listening');
    return server;
  } catch {
    return undefined;
  }
}

/** Occupies the default ports while the tests run, so that one which does not ask for port 0 fails, always and not now and then. */
export default async function occupyDefaultPorts(): Promise<() => void> {
  const servers = await Promise.all(DEFAULT_PORTS.map(take));
  return () => {
    for (const server of servers) server?.close();
  };
}
