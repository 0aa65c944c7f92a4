import { type Static, Type } from '@sinclair/typebox';
import type { CallContext } from '../../../core/index.js';
import type { ServedModel, Service } from '../../../service/index.js';

/** A model in a list; `modelUrl`: as it was given when the model was loaded, else its folder or file. */
export const ListedModelSchema = Type.Object({ modelName: Type.String(), modelUrl: Type.String() });

/** A page of `GET /models`; the token is left out of the last one. */
export const ModelPageSchema = Type.Object({
  models: Type.Array(ListedModelSchema),
  nextPageToken: Type.Optional(Type.String()),
});

export type ListedModel = Readonly<Static<typeof ListedModelSchema>>;
export type ModelPage = Readonly<Static<typeof ModelPageSchema>>;

/** Ready models in order of name, each once: of several versions the last one that the service tells of. */
export function readyByName(service: Pick<Service, 'models'>, call: CallContext): readonly ServedModel[] {
  const models = new Map(service.models.readyModels(call).map((info) => [info.ref.name, info]));
  return [...models.values()].sort((a, b) => (a.ref.name < b.ref.name ? -1 : 1));
}
