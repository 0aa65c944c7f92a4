/** Room `network` (rank 1): which addresses a server may connect to on behalf of others. */

export { InternalAddressError, isInternalAddress, publicLookup, type Resolve } from './addresses.js';
export { isListedHost } from './hosts.js';
export { isBelowHttpsPrefix, parseHttpsPrefix, parseHttpsUrl } from './https-url.js';
