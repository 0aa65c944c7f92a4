import { fstatSync } from 'node:fs';

const PROT_READ = 1;
const PROT_WRITE = 2;
const MAP_SHARED = 1;
const MAP_FAILED = 0xffff_ffff_ffff_ffffn;
/** Where pointers and `off_t` have 64 bits, and koffi has binaries. */
const ARCHITECTURES: readonly string[] = ['x64', 'arm64', 'riscv64', 'loong64'];

/**
 * The first bytes of an open file as memory that is shared with whoever else has mapped them, for as long as anything refers to its
 * buffer; undefined where the system refuses. Touching what lies beyond the end of the file ends the process, and so does writing
 * without `writable`.
 */
export type MapFile = (
  fd: number,
  sizeBytes: number,
  options: { readonly writable: boolean },
) => Uint8Array | undefined;

let loading: Promise<MapFile | undefined> | undefined;

/** The native library is loaded by the first call, which takes some 15 ms. Undefined where there is none for this system. */
export function loadMapFile(): Promise<MapFile | undefined> {
  loading ??= load().catch(() => undefined);
  return loading;
}

async function load(): Promise<MapFile | undefined> {
  if (process.platform !== 'linux' || !ARCHITECTURES.includes(process.arch)) return undefined;
  const { default: koffi } = await import('koffi');
  const libc = koffi.load(null);
  const mmap = libc.func('uintptr_t mmap(uintptr_t, size_t, int, int, int, int64_t)');
  const munmap = libc.func('int munmap(uintptr_t, size_t)');
  const unread = new FinalizationRegistry<{ readonly address: bigint; readonly sizeBytes: number }>(
    ({ address, sizeBytes }) => munmap(address, sizeBytes),
  );
  return (fd, sizeBytes, { writable }) => {
    if (!isFile(fd)) return undefined;
    const protection = writable ? PROT_READ | PROT_WRITE : PROT_READ;
    const address = BigInt(mmap(0, sizeBytes, protection, MAP_SHARED, fd, 0));
    if (address === MAP_FAILED) return undefined;
    const buffer = koffi.view(address, sizeBytes);
    unread.register(buffer, { address, sizeBytes });
    return new Uint8Array(buffer);
  };
}

/** A descriptor that was left out is one of `/dev/null`. */
function isFile(fd: number): boolean {
  try {
    return fstatSync(fd).isFile();
  } catch {
    return false;
  }
}
