import { type Call, excerpt, invalidArgument } from '../../core/index.js';
import type { ModelInfo } from '../../engine/index.js';
import type { Service } from '../../service/index.js';
import { type ListedModel, type ModelPage, readyByName } from '../shared/model-server/listed-models.js';

const PAGE_SIZE = 100;

/** A page of the models that are loaded, in order of name. Throws `invalid_argument` for a token that no page has given. */
export function listModels(service: Pick<Service, 'models'>, call: Call, token: string | null): ModelPage {
  const all = readyByName(service, call);
  const first = readToken(token);
  const page = { models: all.slice(first, first + PAGE_SIZE).map(listed) };
  return first + PAGE_SIZE < all.length ? { ...page, nextPageToken: String(first + PAGE_SIZE) } : page;
}

function readToken(token: string | null): number {
  if (token === null || token === '') return 0;
  if (/^\d{1,9}$/.test(token)) return Number(token);
  throw invalidArgument(`next_page_token: expected one that an answer has given, got '${excerpt(token)}'`);
}

/** Throws `not_found` where it is not loaded. */
export function describeModel(service: Pick<Service, 'models'>, call: Call, name: string): ListedModel {
  return listed(service.models.modelInfo(call, name, undefined).info);
}

function listed({ ref, source }: ModelInfo): ListedModel {
  return { modelName: ref.name, modelUrl: source.from ?? source.modelFolder };
}
