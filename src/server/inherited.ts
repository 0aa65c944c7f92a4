import { type InheritedSocket, refuseDescriptor } from '../systemd/index.js';
import type { ServerOptions } from './options.js';

/** The listeners that may have an inherited socket, by the name that a socket unit gives it (`FileDescriptorName=`). */
const SOCKET_NAMES = {
  http: 'http',
  grpc: 'grpc',
  metrics: 'metrics',
  admin: 'admin',
  'http-socket': 'httpSocket',
  'grpc-socket': 'grpcSocket',
} as const;

type SocketName = keyof typeof SOCKET_NAMES;
type ListenerName = (typeof SOCKET_NAMES)[SocketName];

/** The inherited sockets by the listener that takes them. */
export interface InheritedListeners extends Readonly<Partial<Record<ListenerName, InheritedSocket>>> {
  /** Ports of protocols of their own, by {@link nameOfDialectPort}. */
  readonly dialects?: Readonly<Record<string, InheritedSocket>>;
}

const DIALECT_PREFIX = 'dialect:';

/** Name of the socket of a dialect's own port. Only a server passes it: to systemd's names it is none. */
export function nameOfDialectPort(dialect: string, transport: 'http' | 'grpc'): string {
  return `${DIALECT_PREFIX}${dialect}:${transport}`;
}

/**
 * Gives each inherited socket to a listener: by its name, or, where it has systemd's default (`unknown`, or the name of the unit), by the
 * port or path of the settings that it listens on. Throws `failed_precondition` for a name that no listener has, a socket that does not fit
 * its name, two for one listener, and one whose listener is switched off.
 */
export function assignSockets(sockets: readonly InheritedSocket[], options: ServerOptions): InheritedListeners {
  const found: Partial<Record<ListenerName, InheritedSocket>> = {};
  const own = sockets.filter(({ name }) => name.startsWith(DIALECT_PREFIX));
  for (const socket of sockets) {
    if (own.includes(socket)) continue;
    const name = isNamed(socket) ? checkName(socket, options) : nameByPlace(socket, options);
    const listener = SOCKET_NAMES[name];
    const other = found[listener];
    if (other !== undefined) throw refuseDescriptor(socket, `is for ${name}, and so is descriptor ${other.descriptor}`);
    found[listener] = socket;
  }
  return { ...found, ...(own.length > 0 && { dialects: Object.fromEntries(own.map((each) => [each.name, each])) }) };
}

function isNamed({ name }: InheritedSocket): boolean {
  return name !== 'unknown' && !name.endsWith('.socket');
}

function checkName(socket: InheritedSocket, options: ServerOptions): SocketName {
  const names = Object.keys(SOCKET_NAMES) as SocketName[];
  const name = names.find((each) => each === socket.name);
  if (name === undefined) throw refuseDescriptor(socket, `has an unknown name: expected ${names.join(', ')}`);
  const isFile = name.endsWith('-socket');
  if (isFile && socket.place.kind === 'port') throw refuseDescriptor(socket, 'is of TCP: expected a UNIX socket');
  if (!isFile && socket.place.kind === 'socket') {
    const instead = name === 'http' || name === 'grpc' ? `, or the name ${name}-socket` : '';
    throw refuseDescriptor(socket, `is a UNIX socket: expected one of TCP${instead}`);
  }
  const setting = PORTS[name];
  if (setting !== undefined && options[setting] < 0) {
    throw refuseDescriptor(socket, `is for a port that is switched off: \`server.${setting}\` is ${options[setting]}`);
  }
  return name;
}

const PORTS: Readonly<Partial<Record<SocketName, 'httpPort' | 'grpcPort' | 'metricsPort' | 'adminPort'>>> = {
  http: 'httpPort',
  grpc: 'grpcPort',
  metrics: 'metricsPort',
  admin: 'adminPort',
};

function nameByPlace(socket: InheritedSocket, options: ServerOptions): SocketName {
  const { place } = socket;
  if (place.kind === 'socket') {
    if (place.path === options.httpSocket) return 'http-socket';
    if (place.path === options.grpcSocket) return 'grpc-socket';
    throw refuseDescriptor(
      socket,
      `listens on ${place.path}, which is neither \`server.httpSocket\` nor \`server.grpcSocket\`: ${REMEDY}`,
    );
  }
  const ports = Object.entries(PORTS) as (readonly [SocketName, keyof ServerOptions & `${string}Port`])[];
  const found = ports.find(([, setting]) => options[setting] === place.port);
  if (found !== undefined) return found[0];
  const known = ports.map(([, setting]) => `\`server.${setting}\` (${options[setting]})`).join(', ');
  throw refuseDescriptor(socket, `listens on port ${place.port}, which is none of ${known}: ${REMEDY}`);
}

const REMEDY = `change one of them, or set FileDescriptorName= to ${Object.keys(SOCKET_NAMES).join(', ')}`;
