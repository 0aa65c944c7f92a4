import type { ServedModel } from '../../service/index.js';
import type { DialectContext } from '../dialect.js';
import { listedModel, listedModels } from '../shared/generation/listed-models.js';
import { readLimit, refusedParameter } from '../shared/generation/query.js';
import type { SharedMembers } from '../shared-members.js';

/** By which a request asks for this dialect. */
const HEADER = 'anthropic-version';
const LIMITS = { max: 1_000, standard: 20 };

/** What this dialect adds to routes that it shares with others: models as its clients list them. */
export function sharedMembers({ service, clock }: Pick<DialectContext, 'service' | 'clock'>): readonly SharedMembers[] {
  const createdAt = new Date(clock.wallNow()).toISOString();
  const describe = (model: ServedModel) => describeModel(model, createdAt);
  return [
    {
      path: '/v1/models',
      header: HEADER,
      members: ['data', 'first_id', 'last_id', 'has_more'],
      answer: (call, { query }) => pageOf(listedModels(service, call, generates).map(describe), query),
    },
    {
      path: '/v1/models/{model}',
      header: HEADER,
      members: MODEL_MEMBERS,
      answer: (call, { params }) =>
        describe(listedModel(service, call, { name: params.model ?? '', serves: generates })),
    },
  ];
}

/** A model that this API serves: one that answers conversations. */
function generates({ tasks }: ServedModel): boolean {
  return tasks?.generate?.chat === true;
}

const UNKNOWN = { deprecated_at: null, retires_at: null, line: null, capabilities: null };
const MODEL_MEMBERS = [
  ...['type', 'id', 'display_name', 'created_at', 'lifecycle', 'max_input_tokens', 'max_tokens'],
  ...Object.keys(UNKNOWN),
];

function describeModel({ ref: { name: id }, tasks }: ServedModel, createdAt: string) {
  const { contextTokens = null, maxOutputTokens = null } = tasks?.generate ?? {};
  const limits = { max_input_tokens: contextTokens, max_tokens: maxOutputTokens };
  return { type: 'model', id, display_name: id, created_at: createdAt, lifecycle: 'active', ...limits, ...UNKNOWN };
}

/** A page of the list: behind `after_id`, or before `before_id`. Throws `ParameterError`. */
function pageOf(models: readonly { readonly id: string }[], query: URLSearchParams): Readonly<Record<string, unknown>> {
  const limit = readLimit(query, LIMITS);
  const [after, before] = [placeOf(models, query, 'after_id'), placeOf(models, query, 'before_id')];
  const from = after === undefined ? 0 : after + 1;
  const rest = models.slice(from, before);
  const data = before === undefined ? rest.slice(0, limit) : rest.slice(-limit);
  return {
    data,
    first_id: data[0]?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
    has_more: data.length < rest.length,
  };
}

/** The place of the model that a parameter names; undefined = it names none. */
function placeOf(models: readonly { readonly id: string }[], query: URLSearchParams, name: string): number | undefined {
  const id = query.get(name);
  if (id === null) return undefined;
  const index = models.findIndex((model) => model.id === id);
  if (index < 0) throw refusedParameter(name, 'the id of a model', id);
  return index;
}
