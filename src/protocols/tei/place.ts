import { type Call, MODEL_TASKS, type ModelTask } from '../../core/index.js';
import type { DialectContext } from '../dialect.js';
import type { RouteRequest } from '../route.js';
import { onlyModel } from '../shared/pooling/tasks.js';

/** Where the routes of models are. */
export interface Place {
  /** What their paths begin with. */
  readonly base: string;
  /** The model of a request to a route for models with that task; undefined = for all. Throws where it is not clear which. */
  nameOf(call: Call, request: RouteRequest, task: TextTask | undefined): string;
}

export type TextTask = Exclude<ModelTask, 'generate'>;

const TEXT_TASKS = MODEL_TASKS.filter((task): task is TextTask => task !== 'generate');
const HINT = '; name one in the setting tei.model';

/** Each model below its name. */
export function byPath(): Place {
  return { base: '/tei/{model}', nameOf: (_call, { params }) => params.model ?? '' };
}

/** The model of a request that names none. Throws where it is not clear which. */
export type NameModel = (call: Call, task: TextTask | undefined) => string;

/** That of the setting, where there is one, else the only one with the task. */
export function unnamedModel({ service }: Pick<DialectContext, 'service'>, model: string): NameModel {
  return (call, task) =>
    model || onlyModel(service, call, { tasks: task === undefined ? TEXT_TASKS : [task], hint: HINT });
}

/** One model without its name. */
export function atRoot(nameModel: NameModel): Place {
  return { base: '', nameOf: (call, _request, task) => nameModel(call, task) };
}
