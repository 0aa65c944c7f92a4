import { invalidArgument, MillraceError } from '../core/index.js';
import type { Environment } from './listen-fds.js';
import { LINUX, loadLibC } from './native.js';

/** Sends one message of sd_notify(3), `NAME=value` a line. Throws `unavailable` when it did not get away. */
export type SendState = (state: string) => void;

/** `sun_path` of Linux. */
const MAX_PATH_BYTES = 108;

/**
 * The socket on which the service manager hears of this service (`NOTIFY_SOCKET`), which Node itself cannot write to; undefined where there is
 * none. Rejects with `invalid_argument` for an address that is neither a path nor abstract (`@`), `failed_precondition` without koffi.
 */
export async function openNotifySocket({ NOTIFY_SOCKET: address }: Environment): Promise<SendState | undefined> {
  if (address === undefined || address === '') return undefined;
  const target = writeSocketAddress(address);
  const libc = await loadLibC('NOTIFY_SOCKET');
  const fd = libc.socket(LINUX.AF_UNIX, LINUX.SOCK_DGRAM | LINUX.SOCK_CLOEXEC, 0);
  if (fd < 0) throw new MillraceError('failed_precondition', `NOTIFY_SOCKET: no socket (${libc.errorCode()})`);
  return (state) => {
    const data = new TextEncoder().encode(state);
    const flags = LINUX.MSG_DONTWAIT | LINUX.MSG_NOSIGNAL;
    if (libc.sendto(fd, data, data.length, flags, target, target.length) === data.length) return;
    throw new MillraceError('unavailable', `systemd was not reached at ${address} (${libc.errorCode()})`);
  };
}

/** A `struct sockaddr_un` of Linux. Throws `invalid_argument` for an address that it cannot hold. */
export function writeSocketAddress(address: string): Uint8Array {
  const path = new TextEncoder().encode(address);
  const isAbstract = address.startsWith('@');
  const isUsable = (isAbstract || address.startsWith('/')) && path.length > 1 && path.length < MAX_PATH_BYTES;
  if (!isUsable) {
    throw invalidArgument(
      `environment variable NOTIFY_SOCKET: expected a path, or @ and a name, of 2 to ${MAX_PATH_BYTES - 1} bytes, got '${address}'`,
    );
  }
  // A path ends with a zero; an abstract name begins with one.
  const bytes = new Uint8Array(2 + path.length + (isAbstract ? 0 : 1));
  bytes[0] = LINUX.AF_UNIX;
  bytes.set(path, 2);
  if (isAbstract) bytes[2] = 0;
  return bytes;
}
