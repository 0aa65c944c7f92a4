import { Type } from '@sinclair/typebox';
import { excerpt, invalidArgument } from '../../core/index.js';
import type { Service } from '../../service/index.js';
import { jsonResponse, type Route, type RouteRequest } from '../route.js';
import { ModelPageSchema } from '../shared/model-server/listed-models.js';
import { Management } from './management.js';
import { decodeRegistration, readBoolean } from './registration.js';
import { targetOf } from './version.js';

const BASE = { tag: 'torchserve', access: 'key', control: false } as const;

const StatusSchema = Type.Object({ status: Type.String() });
const Flag = Type.Union([Type.Boolean(), Type.String()]);
const Count = Type.Union([Type.Integer(), Type.String()]);
const RegisterSchema = Type.Object(
  {
    url: Type.Optional(
      Type.String({ description: 'A folder or file inside a repository: relative to it, absolute, or a `file:` URL.' }),
    ),
    model_name: Type.Optional(Type.String({ description: 'Default: the end of the URL.' })),
    initial_workers: Type.Optional(Count),
    synchronous: Type.Optional(Flag),
    s3_sse_kms: Type.Optional(Flag),
  },
  { description: "The parameters, unless they are in the query, as in TorchServe's documentation." },
);

/** TorchServe's management API, as far as models are managed while a server runs. */
export function createManagementRoutes(service: Pick<Service, 'models'>): readonly Route[] {
  const management = new Management(service);
  return [
    {
      ...BASE,
      method: 'GET',
      path: '/models',
      summary: 'Ready models',
      response: ModelPageSchema,
      handle: (call, { query }) =>
        jsonResponse(
          management.list(call, {
            limit: Number(query.get('limit') ?? Number.NaN),
            pageToken: Number(query.get('next_page_token') ?? 0),
          }),
        ),
    },
    {
      ...BASE,
      method: 'POST',
      path: '/models',
      summary: 'Loads a model from a folder inside a repository; explicit mode only',
      control: true,
      body: { kind: 'json', schema: RegisterSchema },
      response: StatusSchema,
      handle: async (call, request) => {
        const registration = decodeRegistration(parametersOf(request));
        return status(await management.register(call, registration));
      },
    },
    ...routesUnder('/models/{model}', management),
    ...routesUnder('/models/{model}/{version}', management),
    {
      ...BASE,
      method: 'PUT',
      path: '/models/{model}/{version}/set-default',
      summary: 'Confirms the default version of a model, which labels choose',
      response: StatusSchema,
      handle: (call, request) => {
        const { name, version = 0 } = targetOf(request);
        return status(management.setDefault(call, name, version));
      },
    },
  ];
}

function routesUnder(path: string, management: Management): readonly Route[] {
  const which = path.endsWith('{version}') ? 'one version of a model' : 'a model';
  return [
    {
      ...BASE,
      method: 'GET',
      path,
      summary: `Workers and queue of ${which}`,
      response: Type.Unsafe<unknown>({
        description: 'A list of versions; an object, of models that SageMaker loaded.',
      }),
      handle: (call, request) => {
        const { model = '', version } = request.params;
        const customized = request.query.get('customized')?.toLowerCase() === 'true';
        const short = version === undefined && !customized ? management.describeShort(call, model) : undefined;
        return jsonResponse(short ?? management.describe(call, model, { version, customized }));
      },
    },
    {
      ...BASE,
      method: 'PUT',
      path,
      summary: `Confirms the number of workers of ${which}, which its configuration says`,
      response: StatusSchema,
      handle: (call, request) => {
        // There is nothing to wait for.
        readBoolean('synchronous', request.query.get('synchronous') ?? 'false');
        const range = {
          min: countOf(request, 'min_worker'),
          max: countOf(request, 'max_worker'),
          gpus: countOf(request, 'number_gpu'),
        };
        return status(management.scale(call, targetOf(request), range));
      },
    },
    {
      ...BASE,
      method: 'DELETE',
      path,
      summary: `Unloads ${which}; explicit mode only`,
      control: true,
      response: StatusSchema,
      handle: async (call, request) => {
        const { name, version } = targetOf(request);
        return status(await management.unregister(call, name, version));
      },
    },
  ];
}

function status(text: string) {
  return jsonResponse({ status: text });
}

/** Those of the query and of the JSON body, in which the same one counts. */
function parametersOf({ query, json }: RouteRequest): Readonly<Record<string, string | number | boolean>> {
  // The server has checked the members that are known; others are refused by their names.
  return { ...Object.fromEntries(query), ...(json as Readonly<Record<string, string | number | boolean>>) };
}

function countOf({ query }: RouteRequest, name: string): number | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw invalidArgument(`parameter '${name}': expected a number of workers, got '${excerpt(text)}'`);
}
