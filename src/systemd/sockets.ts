import { type Environment, type PassedDescriptor, readListenFds, refuseDescriptor } from './listen-fds.js';
import { LINUX, type LibC, loadLibC } from './native.js';

/** Where an inherited socket listens. `path` of an abstract address begins with `@`. */
export type SocketPlace =
  | { readonly kind: 'port'; readonly host: string; readonly port: number }
  | { readonly kind: 'socket'; readonly path: string };

/** A listening stream socket that the service manager has opened. */
export interface InheritedSocket extends PassedDescriptor {
  readonly place: SocketPlace;
}

/** A listening socket of this process that another process may take over. */
export interface ListeningSocket {
  /** That of {@link InheritedSocket}. */
  readonly name: string;
  readonly place: SocketPlace;
  /** Of Node: `subprocess.send` passes it. */
  readonly handle: object;
}

const MAX_ADDRESS_BYTES = 128;

/**
 * The sockets that systemd has passed to process `pid` (socket activation, sd_listen_fds(3)); none where it has passed none. Programs that
 * this one starts do not get them. Rejects with `failed_precondition` that names the first descriptor which is no listening stream socket.
 */
export async function inheritSockets(env: Environment, pid: number): Promise<readonly InheritedSocket[]> {
  const passed = readListenFds(env, pid);
  if (passed.length === 0) return [];
  const libc = await loadLibC('socket activation');
  return passed.map((each) => ({ ...each, place: inspect(libc, each) }));
}

function inspect(libc: LibC, passed: PassedDescriptor): SocketPlace {
  const { descriptor } = passed;
  const refuse = (problem: string) => refuseDescriptor(passed, problem);
  const option = (which: number): number => {
    const value = [0];
    if (libc.getsockopt(descriptor, LINUX.SOL_SOCKET, which, value, [4]) === 0) return value[0] ?? 0;
    const code = libc.errorCode();
    throw refuse(code === 'EBADF' ? 'is not open' : code === 'ENOTSOCK' ? 'is no socket' : `cannot be used (${code})`);
  };
  if (option(LINUX.SO_TYPE) !== LINUX.SOCK_STREAM) throw refuse('is no stream socket: expected one of ListenStream=');
  if (option(LINUX.SO_ACCEPTCONN) === 0) throw refuse('does not listen: expected a socket unit with Accept=no');
  const address = new Uint8Array(MAX_ADDRESS_BYTES);
  const length = [address.length];
  if (libc.getsockname(descriptor, address, length) !== 0) throw refuse(`has no address (${libc.errorCode()})`);
  libc.fcntl(descriptor, LINUX.F_SETFD, 'int', LINUX.FD_CLOEXEC);
  const place = readSocketAddress(address.subarray(0, length[0]));
  if (place === undefined) throw refuse('is neither of TCP nor of UNIX');
  return place;
}

/** A `struct sockaddr` of Linux, as getsockname(2) writes it; undefined for families that are neither TCP's nor UNIX's. */
export function readSocketAddress(bytes: Uint8Array): SocketPlace | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const family = view.getUint16(0, true);
  if (family === LINUX.AF_INET) return { kind: 'port', host: bytes.subarray(4, 8).join('.'), port: view.getUint16(2) };
  if (family === LINUX.AF_INET6) {
    const groups = Array.from({ length: 8 }, (_, index) => view.getUint16(8 + 2 * index).toString(16));
    // The URL has the shortest form.
    return {
      kind: 'port',
      host: new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1),
      port: view.getUint16(2),
    };
  }
  if (family !== LINUX.AF_UNIX) return undefined;
  const path = bytes.subarray(2);
  const isAbstract = path[0] === 0;
  const end = isAbstract ? -1 : path.indexOf(0);
  const text = new TextDecoder().decode(path.subarray(isAbstract ? 1 : 0, end === -1 ? undefined : end));
  return { kind: 'socket', path: isAbstract ? `@${text}` : text };
}
