import { formatModelRef } from '../../core/index.js';
import type { BatchingChoice } from '../batching/choice.js';
import { BatchingReview } from '../batching/review.js';
import type { SchedulerLimits } from '../scheduler-limits.js';
import type { LoadGenerationOptions } from './load-options.js';
import type { PreparedModel } from './prepare.js';

/** Whether requests of a generation are batched together, from its load on; a warning where measurements say that they are not. */
export function openReview(
  options: Pick<LoadGenerationOptions, 'ref' | 'context'>,
  model: PreparedModel,
  { choice, limits }: { readonly choice: BatchingChoice; readonly limits: SchedulerLimits },
): BatchingReview {
  const { context, ref } = options;
  const report = (level: 'info' | 'warn', what: string) => {
    const message = `model '${formatModelRef(ref)}' ${what}`;
    context.events.publish('diagnostic', { level, room: 'engine', message });
  };
  const reportOff = ({ reason }: BatchingChoice) =>
    report('warn', `does not batch requests (${reason}); batching.enabled in its configuration settles it`);
  if (!choice.enabled && isMeasured(choice)) reportOff(choice);
  return new BatchingReview({
    limits: limits.batching,
    choice,
    isOpen: isReviewable(model, choice),
    clock: context.clock,
    isHeld: () => context.isCompared(ref),
    onReviewed(now, before) {
      if (now.enabled === before.enabled) return;
      if (now.enabled) report('info', `batches requests from now on (${now.reason})`);
      else reportOff(now);
    },
  });
}

function isMeasured({ cause }: BatchingChoice): boolean {
  return cause === 'not_measured' || cause.startsWith('measured_');
}

/** Runs that overlap, wait for readers, belong to sequences or cost what their texts are long say nothing of the cost of a batch. */
function isReviewable({ config, description, sequences }: PreparedModel, choice: BatchingChoice): boolean {
  if (config.batching.enabled !== 'auto' || !isMeasured(choice)) return false;
  return !sequences && !description.decoupled && description.concurrency === 1 && description.padding === undefined;
}
