import { MillraceError } from '../core/index.js';

/** The calls of the C library that Node does not have; `-1` = failed, and {@link errorCode} says why. */
export interface LibC {
  getsockopt(fd: number, level: number, name: number, value: number[], length: number[]): number;
  getsockname(fd: number, address: Uint8Array, length: number[]): number;
  fcntl(fd: number, command: number, type: 'int', value: number): number;
  socket(domain: number, type: number, protocol: number): number;
  sendto(
    fd: number,
    data: Uint8Array,
    sizeBytes: number,
    ...to: [flags: number, address: Uint8Array, addressBytes: number]
  ): number;
  /** Why the last call failed: `ENOTSOCK`. */
  errorCode(): string;
}

/** Where pointers have 64 bits and the constants below hold, and koffi has binaries. */
const ARCHITECTURES: readonly string[] = ['x64', 'arm64', 'riscv64', 'loong64'];

/** Of Linux on these architectures. */
export const LINUX = {
  SOL_SOCKET: 1,
  SO_TYPE: 3,
  SO_ACCEPTCONN: 30,
  SOCK_STREAM: 1,
  SOCK_DGRAM: 2,
  SOCK_CLOEXEC: 0o2000000,
  AF_UNIX: 1,
  AF_INET: 2,
  AF_INET6: 10,
  F_SETFD: 2,
  FD_CLOEXEC: 1,
  MSG_DONTWAIT: 0x40,
  MSG_NOSIGNAL: 0x4000,
} as const;

/** Loads koffi, which takes some 15 ms. Rejects with `failed_precondition` where it cannot be had; `purpose` begins the message. */
export async function loadLibC(purpose: string): Promise<LibC> {
  const { platform, arch } = process;
  if (platform !== 'linux' || !ARCHITECTURES.includes(arch)) {
    throw new MillraceError(
      'failed_precondition',
      `${purpose} works on Linux with 64 bits only, not on ${platform} ${arch}`,
    );
  }
  const { default: koffi } = await import('koffi').catch((cause: unknown) => {
    const message = `${purpose} requires koffi, whose native part is not installed; run 'npm install --include=optional'`;
    throw new MillraceError('failed_precondition', message, { cause });
  });
  const libc = koffi.load(null);
  const names = new Map(Object.entries(koffi.os.errno).map(([name, number]) => [number, name]));
  return {
    getsockopt: libc.func('int getsockopt(int, int, int, _Out_ int *, _Inout_ uint32_t *)'),
    getsockname: libc.func('int getsockname(int, _Out_ uint8_t *, _Inout_ uint32_t *)'),
    fcntl: libc.func('int fcntl(int, int, ...)'),
    socket: libc.func('int socket(int, int, int)'),
    sendto: libc.func('intptr_t sendto(int, const uint8_t *, size_t, int, const uint8_t *, uint32_t)'),
    errorCode: () => names.get(koffi.errno()) ?? `errno ${koffi.errno()}`,
  };
}
