import type { TritonSettings } from '../../runtimes/index.js';

/** 64-bit integers: strings as protobuf's JSON mapping writes them, numbers as Triton's endpoint does. */
export type Int64 = string | number;

/**
 * Triton's `ModelConfig` in JSON, proto field names, every scalar, list and map present: the parts of it that mean
 * something here. Messages are absent where they were not written.
 */
export interface TritonConfig extends TritonSettings {
  readonly name: string;
  readonly runtime: string;
  readonly version_policy?: TritonVersionPolicy;
  readonly max_batch_size: number;
  readonly input: readonly TritonInput[];
  readonly output: readonly TritonOutput[];
  readonly batch_input: readonly unknown[];
  readonly batch_output: readonly unknown[];
  readonly dynamic_batching?: TritonDynamicBatching;
  readonly sequence_batching?: TritonSequenceBatching;
  readonly instance_group: readonly TritonInstanceGroup[];
  readonly default_model_filename: string;
  readonly cc_model_filenames: Readonly<Record<string, string>>;
  readonly metric_tags: Readonly<Record<string, string>>;
  readonly model_warmup: readonly TritonWarmup[];
  readonly model_metrics?: object;
  readonly model_operations?: { readonly op_library_filename: readonly string[] };
  readonly model_transaction_policy?: { readonly decoupled: boolean };
  readonly model_repository_agents?: { readonly agents: readonly { readonly name: string }[] };
  readonly response_cache?: { readonly enable: boolean };
}

export interface TritonVersionPolicy {
  readonly latest?: { readonly num_versions: number };
  readonly all?: object;
  readonly specific?: { readonly versions: readonly Int64[] };
}

interface TritonTensor {
  readonly name: string;
  readonly data_type: string;
  readonly dims: readonly Int64[];
  readonly reshape?: { readonly shape: readonly Int64[] };
  readonly is_shape_tensor: boolean;
  readonly is_non_linear_format_io: boolean;
}

export interface TritonInput extends TritonTensor {
  readonly format: string;
  readonly allow_ragged_batch: boolean;
  readonly optional: boolean;
}

export interface TritonOutput extends TritonTensor {
  readonly label_filename: string;
}

export interface TritonQueuePolicy {
  readonly timeout_action: string;
  readonly default_timeout_microseconds: Int64;
  readonly allow_timeout_override: boolean;
  readonly max_queue_size: number;
}

export interface TritonDynamicBatching {
  readonly preferred_batch_size: readonly number[];
  readonly max_queue_delay_microseconds: Int64;
  readonly preserve_ordering: boolean;
  readonly priority_levels: Int64;
  readonly default_priority_level: Int64;
  readonly default_queue_policy?: TritonQueuePolicy;
  readonly priority_queue_policy: Readonly<Record<string, TritonQueuePolicy>>;
}

export interface TritonControl {
  readonly kind: string;
  readonly int32_false_true: readonly number[];
  readonly fp32_false_true: readonly number[];
  readonly bool_false_true: readonly boolean[];
  readonly data_type: string;
}

export interface TritonControlInput {
  readonly name: string;
  readonly control: readonly TritonControl[];
}

export interface TritonState {
  readonly input_name: string;
  readonly output_name: string;
  readonly data_type: string;
  readonly dims: readonly Int64[];
  readonly initial_state: readonly {
    readonly dims: readonly Int64[];
    readonly zero_data?: boolean;
    readonly data_file?: string;
  }[];
}

export interface TritonSequenceBatching {
  readonly max_sequence_idle_microseconds: Int64;
  readonly control_input: readonly TritonControlInput[];
  readonly direct?: { readonly max_queue_delay_microseconds: Int64; readonly minimum_slot_utilization: number };
  readonly oldest?: {
    readonly max_candidate_sequences: number;
    readonly preferred_batch_size: readonly number[];
    readonly max_queue_delay_microseconds: Int64;
    readonly preserve_ordering: boolean;
  };
  readonly state: readonly TritonState[];
  readonly iterative_sequence: boolean;
}

export interface TritonRateLimiter {
  readonly resources: readonly { readonly name: string; readonly global: boolean; readonly count: number }[];
  readonly priority: number;
}

export interface TritonInstanceGroup {
  readonly name: string;
  readonly kind: string;
  readonly count: number;
  readonly gpus: readonly number[];
  readonly profile: readonly string[];
  readonly passive: boolean;
  readonly secondary_devices: readonly unknown[];
  readonly host_policy: string;
  readonly rate_limiter?: TritonRateLimiter;
}

export interface TritonWarmup {
  readonly name: string;
  readonly batch_size: number;
  readonly count: number;
  readonly inputs: Readonly<Record<string, TritonWarmupInput>>;
}

export interface TritonWarmupInput {
  readonly data_type: string;
  readonly dims: readonly Int64[];
  readonly zero_data?: boolean;
  readonly random_data?: boolean;
  readonly input_data_file?: string;
}
