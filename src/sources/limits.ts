/** The largest package, archive or model file that is downloaded or unpacked. */
export const MAX_ARTEFACT_BYTES = 68_719_476_736;
/** What the cache of downloads may hold; the ones used longest ago go first. */
export const MAX_CACHE_BYTES = 21_474_836_480;
/** The largest answer of a registry. */
export const MAX_METADATA_BYTES = 67_108_864;
/** Longest wait for a connection, an answer, or the next piece of one. */
export const STALL_MS = 60_000;
/** How often a broken download is continued before it is given up. Only those that got further are. */
export const MAX_ATTEMPTS = 5;
/** Redirects of one request. */
export const MAX_REDIRECTS = 5;
/** Files and folders of one archive. */
export const MAX_ENTRIES = 50_000;
/** How much an archive may grow by unpacking, once it is more than {@link HARMLESS_BYTES}. */
export const MAX_RATIO = 100;
/** What unpacks to less than this may grow as it likes. */
export const HARMLESS_BYTES = 67_108_864;
