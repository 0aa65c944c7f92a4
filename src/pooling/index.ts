/**
 * Room `pooling` (rank 1): requests to models that read texts and give vectors, scores or classes: their tensors and parameters, written
 * and read. No I/O.
 */
export * from './answer.js';
export * from './parameters.js';
export * from './request.js';
export * from './scores.js';
export * from './signature.js';
