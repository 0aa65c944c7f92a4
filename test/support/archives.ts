import { crc32, deflateRawSync, gzipSync } from 'node:zlib';
import { Header } from 'tar';

/** An entry of an archive that a test makes, however odd. */
export interface MadeEntry {
  readonly path: string;
  readonly content?: string | Uint8Array;
  /** Of tar: `SymbolicLink`, `CharacterDevice` … */
  readonly type?: string;
  /** Of zip: a Unix mode with its type. */
  readonly mode?: number;
  /** What the archive says of the size, where it is a lie. */
  readonly claimedBytes?: number;
}

const BLOCK = 512;

/** A tar archive, compressed by gzip. */
export function makeTgz(entries: readonly MadeEntry[]): Buffer {
  return gzipSync(makeTar(entries));
}

export function makeTar(entries: readonly MadeEntry[]): Buffer {
  const blocks = entries.flatMap(({ path, content = '', type = 'File', claimedBytes }) => {
    const body = Buffer.from(content);
    const header = Buffer.alloc(BLOCK);
    const linkpath = type.endsWith('Link') ? '/etc/passwd' : undefined;
    new Header({
      path,
      type: type as never,
      size: claimedBytes ?? body.length,
      mode: 0o644,
      mtime: new Date(0),
      ...(linkpath === undefined ? {} : { linkpath }),
    }).encode(header);
    return [header, body, Buffer.alloc((BLOCK - (body.length % BLOCK)) % BLOCK)];
  });
  return Buffer.concat([...blocks, Buffer.alloc(2 * BLOCK)]);
}

/** A zip archive, as wheels are. */
export function makeZip(entries: readonly MadeEntry[]): Buffer {
  const locals: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { path, content = '', mode = 0o100644, claimedBytes } of entries) {
    const name = Buffer.from(path);
    const body = Buffer.from(content);
    const packed = deflateRawSync(body);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    // Names are UTF-8.
    common.writeUInt16LE(0x800, 2);
    common.writeUInt16LE(8, 4);
    common.writeUInt32LE(crc32(body), 10);
    common.writeUInt32LE(packed.length, 14);
    common.writeUInt32LE(claimedBytes ?? body.length, 18);
    common.writeUInt16LE(name.length, 22);
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), common, name, packed]);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE((mode << 16) >>> 0, 6);
    rest.writeUInt32LE(offset, 10);
    directory.push(Buffer.from('PK\x01\x02'), Buffer.from([20, 3]), common, rest, name);
    locals.push(local);
    offset += local.length;
  }
  const central = Buffer.concat(directory);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(entries.length, 4);
  end.writeUInt16LE(entries.length, 6);
  end.writeUInt32LE(central.length, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...locals, central, Buffer.from('PK\x05\x06'), end]);
}
