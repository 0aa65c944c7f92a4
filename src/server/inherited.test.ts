import { describe, expect, it } from 'vitest';
import { createSettings } from '../config/index.js';
import type { SocketPlace } from '../systemd/index.js';
import { assignSockets } from './inherited.js';
import type { ServerOptions } from './options.js';

const port = (number: number, host = '127.0.0.1'): SocketPlace => ({ kind: 'port', host, port: number });
const file = (path: string): SocketPlace => ({ kind: 'socket', path });
const sockets = (...given: readonly (readonly [name: string, place: SocketPlace])[]) =>
  given.map(([name, place], index) => ({ descriptor: 3 + index, name, place }));

function assign(given: ReturnType<typeof sockets>, server: Partial<ServerOptions> = {}) {
  const found = assignSockets(given, createSettings({ server }).server);
  return Object.fromEntries(Object.entries(found).map(([listener, { descriptor }]) => [listener, descriptor]));
}

describe('assignSockets', () => {
  it('gives a socket to the listener of its name, wherever it listens', () => {
    const given = sockets(['http', port(80)], ['grpc', port(81)], ['metrics', port(82)], ['http-socket', file('/h')]);
    expect(assign(given)).toEqual({ http: 3, grpc: 4, metrics: 5, httpSocket: 6 });
  });

  it('gives a socket with a default name to the listener of its port or path', () => {
    const given = sockets(
      ['millrace.socket', port(8002, '::')],
      ['unknown', port(8000)],
      ['unknown', file('/run/grpc')],
      ['unknown', port(9000)],
    );
    const server = { grpcSocket: '/run/grpc', adminPort: 9000 };
    expect(assign(given, server)).toEqual({ metrics: 3, http: 4, grpcSocket: 5, admin: 6 });
  });

  const names = 'http, grpc, metrics, admin, http-socket, grpc-socket';
  const remedy = `change one of them, or set FileDescriptorName= to ${names}`;
  it.each([
    [sockets(['web', port(80)]), {}, `3 ('web') has an unknown name: expected ${names}`],
    [sockets(['http', port(80)], ['http', port(81)]), {}, "4 ('http') is for http, and so is descriptor 3"],
    [sockets(['http', file('/h')]), {}, "3 ('http') is a UNIX socket: expected one of TCP, or the name http-socket"],
    [sockets(['admin', file('/h')]), {}, "3 ('admin') is a UNIX socket: expected one of TCP"],
    [sockets(['grpc-socket', port(80)]), {}, "3 ('grpc-socket') is of TCP: expected a UNIX socket"],
    [sockets(['admin', port(80)]), {}, "3 ('admin') is for a port that is switched off: `server.adminPort` is -1"],
    [
      sockets(['unknown', port(80)]),
      {},
      "3 ('unknown') listens on port 80, which is none of `server.httpPort` (8000), `server.grpcPort` (8001), " +
        `\`server.metricsPort\` (8002), \`server.adminPort\` (-1): ${remedy}`,
    ],
    [
      sockets(['unknown', file('@m')]),
      {},
      `3 ('unknown') listens on @m, which is neither \`server.httpSocket\` nor \`server.grpcSocket\`: ${remedy}`,
    ],
  ])('refuses %j', (given, server, message) => {
    expect(() => assign(given, server)).toThrow(`socket activation: descriptor ${message}`);
  });
});
