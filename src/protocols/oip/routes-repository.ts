import type { Static } from '@sinclair/typebox';
import { invalidArgument } from '../../core/index.js';
import type { LoadModelOptions, Service } from '../../service/index.js';
import { emptyResponse, jsonResponse, type Route } from '../route.js';
import { encodeIndex } from './routes-encode.js';
import { IndexRequestSchema, IndexSchema, LoadRequestSchema, UnloadRequestSchema } from './routes-schemas.js';

const BASE = { method: 'POST', tag: 'repository', access: 'key' } as const;

/** The model repository extension: index, load and unload, of all repositories or of a named one. */
export function createRepositoryRoutes(service: Pick<Service, 'models'>): readonly Route[] {
  return [...routesUnder(service, '/v2/repository'), ...routesUnder(service, '/v2/repository/{repository}')];
}

function routesUnder(service: Pick<Service, 'models'>, prefix: string): readonly Route[] {
  return [
    {
      ...BASE,
      path: `${prefix}/index`,
      summary: 'Every known version with its state',
      control: false,
      body: { kind: 'json', schema: IndexRequestSchema },
      response: IndexSchema,
      handle: (call, { params, json }) => {
        // The server has checked it against the schema.
        const { ready = false } = json as Static<typeof IndexRequestSchema>;
        return jsonResponse(
          encodeIndex(service.models.repositoryIndex(call, { readyOnly: ready, ...repositoryOf(params) })),
        );
      },
    },
    {
      ...BASE,
      path: `${prefix}/models/{model}/load`,
      summary: 'Loads a model, or loads it again with what is on disk now; explicit mode only',
      control: true,
      body: { kind: 'json', schema: LoadRequestSchema, large: true },
      handle: async (call, { params, json }) => {
        const options = decodeLoad(json as LoadRequest);
        await service.models.loadModel(call, params.model ?? '', { ...options, ...repositoryOf(params) });
        return emptyResponse();
      },
    },
    {
      ...BASE,
      path: `${prefix}/models/{model}/unload`,
      summary: 'Refuses new requests for a model and unloads it once accepted ones are answered; explicit mode only',
      control: true,
      body: { kind: 'json', schema: UnloadRequestSchema },
      handle: async (call, { params, json }) => {
        const { parameters = {} } = json as Static<typeof UnloadRequestSchema>;
        await service.models.unloadModel(call, params.model ?? '', {
          unloadDependents: parameters.unload_dependents === true,
          ...(parameters.force === true && { force: true }),
        });
        return emptyResponse();
      },
    },
  ];
}

function repositoryOf(params: Readonly<Record<string, string>>): { readonly repository?: string } {
  return params.repository === undefined ? {} : { repository: params.repository };
}

/** What {@link LoadRequestSchema} lets pass; TypeBox does not infer the type of additional properties. */
interface LoadRequest {
  readonly parameters?: Readonly<Record<string, string>>;
}

const FILE_PREFIX = 'file:';

/** Triton's load parameters, and `source`. Throws `invalid_argument` for unknown ones, files that are no base64, and files without `config`. */
export function decodeLoad({ parameters = {} }: LoadRequest): LoadModelOptions {
  return readLoadParameters(parameters, { text: (_name, value) => value, file: decodeBase64 });
}

/** How a protocol's values of load parameters are read; both throw `invalid_argument`. */
export interface LoadValueReader<Value> {
  text(name: string, value: Value): string;
  file(name: string, value: Value): Uint8Array;
}

/**
 * Triton's load parameters and `source`, whatever their values look like. Throws `invalid_argument` for unknown ones, files without
 * `config`, and files beside a source.
 */
export function readLoadParameters<Value>(
  parameters: Readonly<Record<string, Value>>,
  reader: LoadValueReader<Value>,
): LoadModelOptions {
  let config: string | undefined;
  let source: string | undefined;
  const files = new Map<string, Uint8Array>();
  for (const [name, value] of Object.entries(parameters)) {
    if (name === 'config') {
      config = reader.text(name, value);
      continue;
    }
    if (name === 'source') {
      source = reader.text(name, value);
      continue;
    }
    if (!name.startsWith(FILE_PREFIX)) {
      throw invalidArgument(
        `load parameter '${name}' is unknown: expected 'config', 'source' or 'file:<version>/<file name>'`,
      );
    }
    files.set(name.slice(FILE_PREFIX.length), reader.file(name, value));
  }
  if (files.size > 0 && config === undefined) {
    throw invalidArgument("load parameters 'file:…' need 'config' as well");
  }
  if (files.size > 0 && source !== undefined) {
    throw invalidArgument("load parameters 'file:…' and 'source' both say what the model is; give one of them");
  }
  return {
    ...(config !== undefined && { config }),
    ...(source !== undefined && { source }),
    ...(files.size > 0 && { files }),
  };
}

function decodeBase64(name: string, content: string): Uint8Array {
  if (content.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(content)) {
    throw invalidArgument(`load parameter '${name}': expected base64`);
  }
  return Buffer.from(content, 'base64');
}
