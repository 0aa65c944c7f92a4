import type { VersionLookup } from '../../src/models/lookup/find-version.js';

/** Of models without further names. */
export const NO_ALIASES: VersionLookup['aliases'] = { resolve: (target) => target, all: () => [] };
