/** Room `routing` (rank 4): which version answers. Pure choices; no sockets, timers or model handles. */
export * from './arm-health.js';
export * from './choose-arm.js';
export * from './choose-version.js';
export * from './labelled-name.js';
export * from './options.js';
export type { OutcomeTerms } from './outcome-terms.js';
export * from './route.js';
export * from './rule.js';
export type { ShadowConfig } from './shadow-options.js';
export * from './signature-difference.js';
