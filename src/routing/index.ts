/** Room `routing` (rank 3): which version answers. Pure choices; no sockets, timers or model handles. */
export * from './choose-version.js';
