/** Room `doctor` (rank 9): looks over a server, and says what somebody should correct or know. */
export { examineSettings } from './gather/gather.js';
