/**
 * Room `generation` (rank 1): requests to models that generate text. Conversations and their tools; the limits of parameters, and how they are
 * read; the tensors and parameters by which requests and answers without a typed form say the same; the joining of pieces. No I/O.
 */
export * from './check-delta.js';
export * from './conversation.js';
export * from './join-deltas.js';
export * from './limits.js';
export * from './prompts.js';
export * from './read-parameters.js';
export * from './sampling-defaults.js';
export * from './tensor-form.js';
export * from './tool-use.js';
export * from './write-parameters.js';
