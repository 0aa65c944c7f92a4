import { type CallContext, invalidArgument } from '../../../core/index.js';
import type { Service } from '../../../service/index.js';

const MAX_SHOWN = 5;

/**
 * The model that a request means that names none: the configured one, else the only one that the caller may infer. Throws `invalid_argument`
 * naming the `setting` where there are several, or none.
 */
export function chooseModel(
  service: Pick<Service, 'models'>,
  call: CallContext,
  { configured, setting }: { readonly configured: string; readonly setting: string },
): string {
  if (configured !== '') return configured;
  const namesOf = (purpose: 'infer' | 'suggest') => [
    ...new Set(service.models.readyModels(call, purpose).map(({ ref }) => ref.name)),
  ];
  const inferable = namesOf('infer');
  // A caller who may infer none is refused by the inference, which names the missing right.
  const names = inferable.length > 0 ? inferable : namesOf('suggest');
  const [only] = names;
  if (only !== undefined && names.length === 1) return only;
  const shown = names.slice(0, MAX_SHOWN).join(', ');
  const got = only === undefined ? 'none' : `${names.length} (${shown}${names.length > MAX_SHOWN ? ', …' : ''})`;
  throw invalidArgument(`which model is meant? One must be loaded, got ${got}: set ${setting} to the name of one`);
}
