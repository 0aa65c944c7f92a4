import { type Call, MillraceError } from '../../core/index.js';
import type { Service } from '../../service/index.js';
import { generates } from '../shared/generation/choices.js';
import { ParameterError } from '../shared/generation/parameter-error.js';

const MAX_LISTED = 5;

/** By what the model is chosen for requests that name none. */
export interface UnnamedContext {
  readonly service: Pick<Service, 'readyModels' | 'ready'>;
  /** '' = the only one that the caller may infer. */
  readonly defaultModel: string;
}

/**
 * The default model, or else the only generating model that the caller may infer. Throws `ParameterError` where there are
 * several, or none, and `unavailable` while models are still being loaded.
 */
export function unnamedModel({ service, defaultModel }: UnnamedContext, call: Call): string {
  if (defaultModel !== '' && call.principal.rights.allow('model.infer', defaultModel)) return defaultModel;
  const generating = service.readyModels(call, 'infer').filter(generates);
  const names = [...new Set(generating.map(({ ref }) => ref.name))].sort();
  const [only] = names;
  if (only === undefined && !service.ready()) {
    throw new MillraceError('unavailable', 'no model is ready yet; try again later', { retryAfterMs: 1_000 });
  }
  if (only === undefined || names.length > 1) throw new ParameterError('model', unclear(names));
  return only;
}

function unclear(names: readonly string[]): string {
  const expected = "'model': expected the name of a model, got nothing";
  if (names.length === 0) return `${expected}; no model that this caller may infer generates text`;
  const listed = names.slice(0, MAX_LISTED).map((name) => `'${name}'`);
  const more = names.length > MAX_LISTED ? `, and ${names.length - MAX_LISTED} more` : '';
  return `${expected}; ${names.length} models generate text: ${listed.join(', ')}${more}. The setting openai.defaultModel chooses the one for requests without a name`;
}
