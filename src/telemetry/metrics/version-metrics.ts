import { type BatchReason, type ErrorCode, type Events, queueMs } from '../../core/index.js';
import { Distribution, DURATIONS, ROWS } from './distribution.js';
import type { Labels } from './family.js';
import { GenerationMetrics } from './generation-metrics.js';

/** Triton's reasons of `nv_inference_request_failure`. */
export const FAILURE_REASONS = ['REJECTED', 'CANCELED', 'BACKEND', 'OTHER'] as const;
export type FailureReason = (typeof FAILURE_REASONS)[number];

/** Names that a metric tag may not take, because we give them a meaning. */
const RESERVED_LABELS: ReadonlySet<string> = new Set([
  ...['model', 'model_name', 'version', 'instance_index', 'reason', 'finish_reason', 'finished_reason'],
  ...['code', 'state', 'le', 'quantile'],
]);
const LABEL_NAME = /^(?!__)[a-zA-Z_][a-zA-Z0-9_]*$/;

type Tags = Readonly<Record<string, string>>;

/** What has been counted of one model version: plain numbers, written on the hot path, read by a scrape. */
export class VersionMetrics {
  readonly model: string;
  readonly version: number;
  labels: Labels;
  /** The labels and the reason, in the order of their names, as Triton writes them. */
  failureLabels: Readonly<Record<FailureReason, Labels>>;
  /** The labels as vLLM names them. */
  generationLabels: Labels;
  #tags: Tags | undefined;

  success = 0;
  readonly failures: Record<FailureReason, number> = { REJECTED: 0, CANCELED: 0, BACKEND: 0, OTHER: 0 };
  readonly errors = new Map<ErrorCode, number>();
  rows = 0;
  executions = 0;
  failedBatches = 0;
  computeInputMs = 0;
  computeInferMs = 0;
  computeOutputMs = 0;
  cacheHits = 0;
  cacheMisses = 0;
  cacheHitMs = 0;
  cacheMissMs = 0;
  loadMs: number | undefined;
  readonly batchReasons: Record<BatchReason, number> = {
    full: 0,
    preferred: 0,
    delay: 0,
    idle: 0,
    single: 0,
    retry: 0,
    trial: 0,
  };
  readonly duration = new Distribution(DURATIONS);
  readonly queue = new Distribution(DURATIONS);
  readonly batchWait = new Distribution(DURATIONS);
  readonly compute = new Distribution(DURATIONS);
  readonly batchRows = new Distribution(ROWS);
  readonly generation = new GenerationMetrics();

  constructor(model: string, version: number) {
    this.model = model;
    this.version = version;
    this.labels = { model, version: String(version) };
    this.failureLabels = withReasons(this.labels);
    this.generationLabels = renamed(this.labels);
  }

  /** Adds the model's `metricTags` as labels; those that Prometheus or we could not tell apart are left out. */
  tag(tags: Tags | undefined): void {
    if (tags === this.#tags) return;
    this.#tags = tags;
    const usable = Object.entries(tags ?? {}).filter(([name]) => LABEL_NAME.test(name) && !RESERVED_LABELS.has(name));
    this.labels = sorted({ ...Object.fromEntries(usable), model: this.model, version: String(this.version) });
    this.failureLabels = withReasons(this.labels);
    this.generationLabels = renamed(this.labels);
  }

  recordInfer({ call, error, answered, rows }: Events['inferFinished']): void {
    const { timing } = call;
    this.generation.recordEnd(timing, error);
    if (error !== undefined) {
      this.errors.set(error.code, (this.errors.get(error.code) ?? 0) + 1);
      const reason = failureReason(error.code, (timing.startedAt > 0 || timing.prepareMs > 0) && !answered);
      if (reason !== undefined) this.failures[reason]++;
      return;
    }
    this.success++;
    if (timing.cache === 'hit') {
      this.cacheHits++;
      this.cacheHitMs += timing.cacheMs;
      this.duration.observe(timing.finishedAt - timing.receivedAt);
      this.queue.observe(queueMs(timing));
      return;
    }
    if (timing.cache === 'miss') {
      this.cacheMisses++;
      this.cacheMissMs += timing.cacheMs;
    }
    this.rows += rows;
    this.computeInputMs += timing.computeInputMs;
    this.computeInferMs += timing.computeInferMs;
    this.computeOutputMs += timing.computeOutputMs;
    if (timing.startedAt === 0) return;
    this.duration.observe(timing.finishedAt - timing.receivedAt);
    this.queue.observe(queueMs(timing));
    this.batchWait.observe(timing.startedAt - timing.dequeuedAt);
    this.compute.observe(timing.finishedAt - timing.startedAt);
  }

  recordBatch({ rows, reason, error }: Events['batchFinished']): void {
    this.executions++;
    if (error !== undefined) this.failedBatches++;
    this.batchReasons[reason]++;
    this.batchRows.observe(rows);
  }
}

function withReasons(labels: Labels): Readonly<Record<FailureReason, Labels>> {
  const entries = FAILURE_REASONS.map((reason) => [reason, sorted({ ...labels, reason })] as const);
  // `fromEntries` cannot know that every reason is there.
  return Object.fromEntries(entries) as Record<FailureReason, Labels>;
}

function renamed({ model = '', ...others }: Labels): Labels {
  return sorted({ model_name: model, ...others });
}

function sorted(labels: Labels): Labels {
  return Object.fromEntries(Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/**
 * Which of Triton's reasons a failure counts under; undefined for the caller's own mistakes, which Triton refuses before
 * it counts. What a model itself answers with such a code has reached an instance and is the model's failure.
 */
function failureReason(code: ErrorCode, executed: boolean): FailureReason | undefined {
  switch (code) {
    case 'resource_exhausted':
      return 'REJECTED';
    case 'cancelled':
    case 'deadline_exceeded':
      return 'CANCELED';
    case 'internal':
      return 'BACKEND';
    case 'unavailable':
      return executed ? 'BACKEND' : 'OTHER';
    case 'failed_precondition':
      return 'OTHER';
    case 'unimplemented':
    case 'invalid_argument':
    case 'unauthenticated':
    case 'permission_denied':
    case 'not_found':
    case 'already_exists':
    case 'quota_exceeded':
      return executed ? 'BACKEND' : undefined;
    default:
      return code satisfies never;
  }
}
