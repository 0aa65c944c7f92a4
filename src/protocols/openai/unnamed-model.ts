import type { CallContext, ModelTask } from '../../core/index.js';
import type { Service } from '../../service/index.js';
import { onlyModel } from '../shared/pooling/tasks.js';

/** By what the model is chosen for requests that name none. */
export interface UnnamedContext {
  readonly service: Pick<Service, 'inference' | 'models' | 'server'>;
  /** Of requests that generate text; '' = the only one that the caller may infer. */
  readonly defaultModel: string;
}

/**
 * The default model, or else the only model with the task that the caller may infer. Throws `ParameterError` where there are
 * several, or none, and `unavailable` while models are still being loaded.
 */
export function unnamedModel({ service, defaultModel }: UnnamedContext, call: CallContext, task: ModelTask): string {
  const generates = task === 'generate';
  if (generates && defaultModel !== '' && service.inference.mayInfer(call, defaultModel)) return defaultModel;
  const hint = generates ? '. The setting openai.defaultModel chooses the one for requests without a name' : '';
  return onlyModel(service, call, { tasks: [task], hint });
}
