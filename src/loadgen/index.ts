/** Room `loadgen` (rank 7): generates load over HTTP and measures what comes back. Used by `millrace bench` and by bench/. */
export { fetchInputs, type MetadataSource } from './metadata.js';
export * from './options.js';
export { createInferRequest, generateTensors, type InferRequestOptions, type PayloadOptions } from './payload.js';
export { type Probed, type ProbeOptions, probe } from './probe.js';
export { listProc, readProc } from './proc.js';
export {
  type MainThreadUsage,
  mainThreadUsage,
  processCpuMs,
  processTree,
  pssBytes,
  type TreeMemory,
  type TreeUsage,
  threadFiles,
  treeMemory,
  treeSwitches,
  treeUsage,
} from './process-tree.js';
export { parseRange } from './range.js';
export { formatCsv } from './report/csv.js';
export { formatHtml } from './report/html.js';
export { formatLevel, formatText } from './report/text.js';
export * from './report.js';
export type { AnswerCheck, LoadRequest } from './request.js';
export { runLoad } from './run-load.js';
