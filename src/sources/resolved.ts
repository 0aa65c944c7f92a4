import type { Contents } from './archive/contents.js';
import type { ModelFileNames } from './choose-files.js';
import type { Digest } from './digest.js';
import type { DownloadSetup } from './registries/download.js';
import type { Surroundings } from './registries/registry.js';

/** What a source is at the moment, or as a lock has it. */
export interface Resolved {
  /** The package's, or the commit of a repository of the hub. */
  readonly version: string | undefined;
  /** Its file name in a registry; for the hub the path of the model file. */
  readonly artefact: string | undefined;
  /** Of files of the web. */
  readonly url: string | undefined;
  readonly digest: Digest;
  readonly sizeBytes: number;
  readonly contents: Contents;
  /** Files that the cache must keep until they are unpacked; none where the source lies elsewhere. */
  readonly cached: readonly string[];
}

export interface PullSetup extends DownloadSetup {
  readonly surroundings: Surroundings;
  readonly names: ModelFileNames;
  /** Hosts of URLs are taken for any others: they may not be internal. Those of registries, which are configured, may. */
  readonly distrustsUrls?: boolean;
}
