import { type Message, type ModelRef, msg, namedModel } from '../../core/index.js';
import { MEMORY_LIMIT_REASONS, type MemoryLimit } from '../instance.js';

/** What a model does to the memory limit of its runner. */
export interface MemoryDemand {
  readonly ref: Pick<ModelRef, 'name' | 'version'>;
  /** `limits.maxRssBytes` of the model; 0 = it has none. */
  readonly ownLimitBytes: number;
  /** Estimated for its files and options: weights, caches, working memory. */
  readonly neededBytes: number;
}

export interface ServerMemory {
  /** `runners.maxRssBytes`; 0 = by the models' files. */
  readonly maxRssBytes: number;
  /** Of the machine, or of the control group that the server is in. */
  readonly memoryBytes: number;
}

const GIBIBYTE = 1_073_741_824;
/** Limit of runners of small models, where half of the memory is not less. */
export const DEFAULT_LIMIT_BYTES = 4 * GIBIBYTE;
/** Node.js, libraries and what estimates leave out. */
const MARGIN_BYTES = GIBIBYTE;

/**
 * Resident memory above which a runner with these models is killed. Limits of models add up, and to them is added what the others may use:
 * `runners.maxRssBytes`, or what they need by their files, but no less than the default and no more than there is.
 */
export function limitMemory(demands: readonly MemoryDemand[], { maxRssBytes, memoryBytes }: ServerMemory): MemoryLimit {
  const ownBytes = sum(demands.map(({ ownLimitBytes }) => ownLimitBytes));
  const others = demands.filter(({ ownLimitBytes }) => ownLimitBytes === 0);
  const estimate = sum(demands.map(({ neededBytes }) => neededBytes)) + MARGIN_BYTES;
  const limit = (source: MemoryLimit['source'], bytes: number): MemoryLimit => ({ source, bytes, estimate });
  if (others.length === 0) return limit('model', ownBytes);
  if (maxRssBytes > 0) return limit('server', ownBytes + maxRssBytes);
  const neededBytes = sum(others.map((demand) => demand.neededBytes)) + MARGIN_BYTES;
  const defaultBytes = Math.min(DEFAULT_LIMIT_BYTES, Math.floor(memoryBytes / 2));
  const bytes = ownBytes + Math.max(defaultBytes, neededBytes);
  const mostBytes = Math.max(ownBytes, memoryBytes);
  if (bytes > mostBytes) return limit('machine', mostBytes);
  return limit(neededBytes > defaultBytes ? 'files' : 'default', bytes);
}

const MEBIBYTE = 1_048_576;
/** A limit that is raised leaves room beyond what was used. */
const ROOM = 1.25;

/** That a runner has used more than it may, and what to set. */
export function excessReason(demands: readonly MemoryDemand[], limit: MemoryLimit, rssBytes: number): Message {
  const [first, ...rest] = demands;
  const who = first === undefined || rest.length > 0 ? `${demands.length} models in one runner` : namedModel(first.ref);
  const enough = Math.ceil(Math.max(rssBytes * ROOM, limit.estimate) / MEBIBYTE) * MEBIBYTE;
  const which = rest.length > 0 ? 'limits.maxRssBytes of the one that needs more' : 'limits.maxRssBytes of the model';
  const setting = limit.source === 'server' ? `${which}, or runners.maxRssBytes,` : which;
  return msg`${who} used ${inMebibytes(rssBytes)}, limit ${inMebibytes(limit.bytes)} (${MEMORY_LIMIT_REASONS[limit.source]}); if that is not a leak, set ${setting} to ${enough}`;
}

function inMebibytes(bytes: number): string {
  return `${Math.round(bytes / MEBIBYTE)} MiB`;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
