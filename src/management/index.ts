/** Room `management` (rank 7): the server's own API, below `/millrace/v1/`: answers the endpoints of `api` by use cases. */
export { MANAGEMENT } from './manifest.js';
