/** Room `payload-log` (rank 7): records requests and their answers in files, as the settings say, and reads and erases them. */
export { openPayloadLog, type PayloadLog, type PayloadLogSetup } from './payload-log.js';
export type { PayloadCounts, PayloadFilter, PayloadPage, PayloadPageOptions, PayloadUseCases } from './types.js';
