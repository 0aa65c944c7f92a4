/** Room `routing` (rank 4): which version answers. Pure choices; no sockets, timers or model handles. */
export * from './choose-version.js';
export * from './labelled-name.js';
