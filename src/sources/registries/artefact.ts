import type { Digest } from '../digest.js';

/** One file of a registry or a web server, which holds the model. */
export interface Artefact {
  /** Its file name: says what kind of archive it is. */
  readonly name: string;
  readonly url: string;
  /** Undefined where nobody has said what to expect: the digest of what comes is pinned then. */
  readonly digest: Digest | undefined;
  readonly sizeBytes: number | undefined;
  /** The package's; undefined for files of the web. */
  readonly version: string | undefined;
  /** The origin that the user has named (undefined = nobody has), and the header for it. */
  readonly trusted: string | undefined;
  readonly authorization: string | undefined;
  /** Throws where a redirect to this URL may not be followed. Default: all may, within what the client allows. */
  readonly checkRedirect?: (url: string) => void;
}

/** What a lock says of an artefact of a registry. */
export interface Pinned {
  readonly version: string;
  readonly artefact: string;
}

/** The file name in a URL; one whose percent-encoding is wrong stays as it is. */
export function fileNameOf(url: string): string {
  const name = new URL(url).pathname.split('/').at(-1) ?? '';
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}
