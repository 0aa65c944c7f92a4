import { createTiming } from '../../src/core/index.js';

/** The timing of answers that no inference has given. */
export const NO_TIMING = Object.freeze(createTiming(0));
