import { createRequire } from 'node:module';

/** Version of this package; `package.json` lies one folder above both the sources and what is built from them. */
export const VERSION: string = (createRequire(import.meta.url)('../package.json') as { version: string }).version;
