import {
  type EventBus,
  formatModelRef,
  invalidArgument,
  MillraceError,
  type ModelRef,
  type Signature,
} from '../../core/index.js';
import { completeSignature, type ResolvedModelConfig } from '../../repository/index.js';
import type { Description } from '../../runtimes/index.js';
import type { LoadGenerationOptions } from './load-options.js';

/** A model as it is served: its file and its configuration brought together. */
export interface PreparedModel {
  readonly config: ResolvedModelConfig;
  readonly signature: Signature;
  readonly maxBatchSize: number;
  readonly description: Description;
  /** Its requests come in sequences. */
  readonly sequences: boolean;
}

/** Brings file and configuration together; throws `invalid_argument` where they contradict each other. */
export function prepareModel(
  { source, ref, context }: LoadGenerationOptions,
  config: ResolvedModelConfig,
  description: Description,
): PreparedModel {
  checkInline(config);
  if (source.manifest.prepares === true && Object.keys(description.tasks ?? {}).length === 0) {
    const { name } = source.manifest;
    throw new MillraceError('internal', `the manifest of runtime '${name}' has prepares, but the model has no task`);
  }
  const completed = completeSignature({
    declared: source.config,
    described: description.signature,
    describedMaxBatchSize: description.maxBatchSize,
    labels: source.labels,
    defaultMaxBatchSize: context.options.defaultMaxBatchSize,
  });
  if (!source.config.outputs?.length) reportLeftOut(ref, completed.signature, context.events);
  const sequences = description.stateful || config.sequenceBatching !== undefined;
  if (sequences && source.manifest.prepares === true) {
    throw invalidArgument('a model whose requests are prepared takes no sequences: leave out sequenceBatching');
  }
  return { config, signature: completed.signature, maxBatchSize: completed.maxBatchSize, description, sequences };
}

function checkInline({ instances }: ResolvedModelConfig): void {
  if (instances.placement !== 'inline') return;
  if (instances.runner !== undefined) {
    throw invalidArgument('instances.runner names a runner process, but instances.placement is inline');
  }
  if (instances.environment.length > 0) {
    throw invalidArgument(
      'instances.environment names variables for a runner process, but instances.placement is inline',
    );
  }
}

/** Who lists the outputs to serve has chosen; anybody else may miss some. */
function reportLeftOut(ref: ModelRef, { leftOut = [] }: Signature, events: EventBus): void {
  for (const { name, reason } of leftOut) {
    const message = `output '${name}' of model '${formatModelRef(ref)}' is not served: it ${reason}`;
    events.publish('diagnostic', { level: 'warn', room: 'engine', message });
  }
}
