import type { Arch } from './flavours.mjs';

/** Bytes of the files below `root`, and what must be corrected before it may be an image for `arch`. */
export function inspect(root: string, arch: Arch): { readonly sizeBytes: number; readonly problems: readonly string[] };
