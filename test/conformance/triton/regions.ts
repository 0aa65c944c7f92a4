import { rmSync, writeFileSync } from 'node:fs';

const X = Float32Array.from({ length: 16 }, (_, index) => Math.round((index + 1) * 37) / 100);
const TEXTS = Buffer.from('\x02\0\0\0hi\x02\0\0\0yo', 'latin1');

/** What lay in the shared memory of the recorded exchanges, by the ends of its names. */
const CONTENTS: Readonly<Record<string, Uint8Array>> = {
  in: new Uint8Array(X.buffer),
  out: new Uint8Array(4_096),
  off: new Uint8Array(8_192),
  str: TEXTS,
  big: new Uint8Array(64),
  gold: new Uint8Array(64),
};

/** Shared memory under names of this process's own: what POSIX calls `/name` is a file on Linux. */
export function createRegions(): { readonly prefix: string; remove(): void } {
  const prefix = `millrace_conformance_${process.pid}_`;
  const files = Object.keys(CONTENTS).map((name) => [name, `/dev/shm/${prefix}${name}`] as const);
  for (const [name, file] of files) writeFileSync(file, CONTENTS[name] as Uint8Array);
  return {
    prefix,
    remove: () => {
      for (const [, file] of files) rmSync(file, { force: true });
    },
  };
}
