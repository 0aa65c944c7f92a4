import { MAX_PRIORITY_LEVELS } from '../config/scheduling-config.js';
import type { ModelConfig, QueuePolicyConfig } from '../model-config.js';
import type { Int64, TritonDynamicBatching, TritonQueuePolicy } from './config-types.js';

type Scheduling = Pick<ModelConfig, 'batching' | 'queue' | 'priorities'>;

/** Triton's `dynamic_batching` block; `isOpen` = whether the model can batch at all is left to its file. */
export function fromBatching(block: TritonDynamicBatching | undefined, isOpen: boolean): Scheduling {
  if (block === undefined) return isOpen ? {} : { batching: { enabled: false } };
  const levels = toLevel(block.priority_levels);
  const policies = Object.entries(block.priority_queue_policy);
  if (levels === 0 && policies.length > 0) {
    throw new Error('dynamic_batching.priority_queue_policy: there are no priority_levels');
  }
  return {
    batching: {
      enabled: true,
      preferredBatchSizes: [...block.preferred_batch_size],
      maxQueueDelayMs: Number(block.max_queue_delay_microseconds) / 1000,
      preserveOrder: block.preserve_ordering,
    },
    ...(block.default_queue_policy === undefined ? {} : { queue: fromQueuePolicy(block.default_queue_policy) }),
    ...(levels === 0 ? {} : { priorities: fromPriorities(block, levels) }),
  };
}

/** A uint64; those beyond 2^53 are rounded. */
function toLevel(level: Int64): number {
  return Math.min(Number(level), MAX_PRIORITY_LEVELS);
}

function fromPriorities(block: TritonDynamicBatching, levels: number): NonNullable<ModelConfig['priorities']> {
  const level = toLevel(block.default_priority_level);
  if (level < 1 || level > levels) {
    throw new Error(`dynamic_batching.default_priority_level: expected 1 to ${levels}, got ${level}`);
  }
  const policies = Object.entries(block.priority_queue_policy);
  const queues = policies.map(([name, policy]) => [String(BigInt(toLevel(name))), fromQueuePolicy(policy)] as const);
  return { levels, default: level, ...(queues.length === 0 ? {} : { queues: Object.fromEntries(queues) }) };
}

/** A size of 0 is "no limit" in Triton; here no queue is without one, so it takes the default. */
function fromQueuePolicy(policy: TritonQueuePolicy): QueuePolicyConfig {
  return {
    timeoutAction: policy.timeout_action === 'DELAY' ? 'delay' : 'reject',
    timeoutMs: Number(policy.default_timeout_microseconds) / 1000,
    allowTimeoutOverride: policy.allow_timeout_override,
    ...(policy.max_queue_size === 0 ? {} : { maxRequests: policy.max_queue_size }),
  };
}
