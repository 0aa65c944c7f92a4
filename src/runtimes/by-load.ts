/**
 * Keyword of a key in the schema of a model's configuration, which every key has: a load request may set it. A key without the
 * keyword is for the model's own files only, too.
 */
export const BY_LOAD = { 'x-load-request': true } as const;

/**
 * Only the model's own files may set the key: it names code, a library, a path outside of the model's folder, the environment or a
 * host, or it takes away what separates models, callers and the server from each other.
 */
export const OWN_FILES_ONLY = { 'x-load-request': false } as const;
