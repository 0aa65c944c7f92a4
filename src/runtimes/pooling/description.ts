import type { ModelTasks } from '../../core/index.js';
import { poolingSignature } from '../../pooling/index.js';
import type { Description } from '../description.js';

/** Texts of a request, where the configuration says nothing: as many as OpenAI's clients send. */
const MAX_TEXTS = 2_048;

/** Of a model that reads texts and blocks its thread meanwhile. */
export function describePooling(
  tasks: ModelTasks,
  {
    maxBatchSize = MAX_TEXTS,
    ...rest
  }: Pick<Description, 'batchInvariant' | 'padding' | 'platform'> & {
    /** undefined = the configuration does not say. */
    readonly maxBatchSize: number | undefined;
  },
): Description {
  return {
    signature: poolingSignature(tasks),
    tasks,
    maxBatchSize,
    pure: true,
    decoupled: false,
    stateful: false,
    concurrency: 1,
    needsEventLoop: false,
    costUnit: 'tokens',
    wantsContext: false,
    textOnly: true,
    ...rest,
  };
}
