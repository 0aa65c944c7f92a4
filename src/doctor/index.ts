/** Room `doctor` (rank 9): looks over a server, and says what somebody should correct or know. */
export { worstFirst } from './examine.js';
export { examineServer, examineSettings } from './gather/gather.js';
export { gatherServedChain } from './gather/served-chain.js';
export { examineFromOutside, type SeenServer } from './outside.js';
