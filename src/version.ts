import { createRequire } from 'node:module';

/** What `package.json` says of this package and what it needs. */
export interface PackageManifest {
  readonly version: string;
  readonly engines: { readonly node: string };
  /** Exact versions by name. */
  readonly dependencies: Readonly<Record<string, string>>;
  readonly optionalDependencies: Readonly<Record<string, string>>;
}

/** `package.json` lies one folder above both the sources and what is built from them. */
export const MANIFEST = createRequire(import.meta.url)('../package.json') as PackageManifest;

/** Version of this package. */
export const VERSION: string = MANIFEST.version;
