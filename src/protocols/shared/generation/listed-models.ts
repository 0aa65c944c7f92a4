import type { CallContext } from '../../../core/index.js';
import type { ServedModel, Service } from '../../../service/index.js';
import { unknownModel } from './choices.js';

type Models = Pick<Service, 'models'>;
/** Whether a dialect serves a model. */
type Serves = (model: ServedModel) => boolean;

/** Ready models that the caller may see, each once. */
export function listedModels({ models }: Models, call: CallContext, serves: Serves): readonly ServedModel[] {
  const served = models.readyModels(call, 'names').filter(serves);
  return [...new Map(served.map((info) => [info.ref.name, info])).values()];
}

/** A ready model by its name. Throws `not_found`, and `permission_denied` for callers who may do something else to it only. */
export function listedModel(
  { models }: Models,
  call: CallContext,
  { name, serves }: { readonly name: string; readonly serves: Serves },
): ServedModel {
  models.modelReady(call, name, undefined);
  const ready = models.readyModels(call, 'suggest').filter(serves);
  const info = ready.find(({ ref }) => ref.name === name);
  if (info === undefined) throw unknownModel(name, ready);
  return info;
}
