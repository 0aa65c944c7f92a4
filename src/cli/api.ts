import { connectApi, type MillraceApi } from '../client/index.js';
import type { Io } from './io.js';
import { clientOptions, type ServerFlags } from './server-options.js';

/** The server's own API, with the address and the credentials of the flags. */
export async function connectToApi(io: Io, flags: ServerFlags): Promise<MillraceApi> {
  return connectApi(flags.url, await clientOptions(io, flags));
}

/** Of commands that change what somebody else may change meanwhile. */
export interface IfMatchFlags {
  readonly ifMatch?: string;
}

/** The header of `--if-match`. */
export function ifMatch({ ifMatch: revision }: IfMatchFlags): Readonly<Record<string, string>> {
  return revision === undefined ? {} : { 'if-match': revision === '*' ? '*' : `"${revision.replaceAll('"', '')}"` };
}
