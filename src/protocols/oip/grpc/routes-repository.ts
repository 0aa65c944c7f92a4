import { invalidArgument, type MillraceError } from '../../../core/index.js';
import type { Service } from '../../../service/index.js';
import type { GrpcMethod, UnaryMethod } from '../../shared/grpc/method.js';
import { encodeIndex } from '../routes-encode.js';
import { type LoadValueReader, readLoadParameters } from '../routes-repository.js';
import { MESSAGES } from './schema.js';
import { pathOf, plainMethod } from './unary.js';

/** The model repository extension: index, load and unload, of all repositories or of a named one. */
export function createRepositoryMethods(service: Pick<Service, 'models'>): readonly GrpcMethod[] {
  return [
    plainMethod<{ readonly repository_name: string; readonly ready: boolean }>({
      name: 'RepositoryIndex',
      answer: (call, { repository_name, ready }) => ({
        models: encodeIndex(
          service.models.repositoryIndex(call, { readyOnly: ready, ...repositoryOf(repository_name) }),
        ),
      }),
    }),
    loadMethod(service),
    plainMethod<UnloadRequest>({
      name: 'RepositoryModelUnload',
      control: true,
      answer: async (call, { model_name, parameters }) => {
        const flag = (name: 'unload_dependents' | 'force'): boolean => {
          const parameter = parameters[name];
          if (parameter === undefined) return false;
          if (parameter.bool_param !== undefined) return parameter.bool_param;
          throw invalidArgument(`unload parameter '${name}': expected a bool_param`);
        };
        const unloadDependents = flag('unload_dependents');
        await service.models.unloadModel(call, model_name, { unloadDependents, ...(flag('force') && { force: true }) });
        return {};
      },
    }),
  ];
}

interface UnloadRequest {
  readonly model_name: string;
  readonly parameters: Readonly<Record<string, { readonly bool_param?: boolean }>>;
}

/** A `RepositoryModelLoadRequest` as the generic codec decodes it: files stay bytes, which JSON could not give. */
interface LoadRequest {
  readonly repositoryName: string;
  readonly modelName: string;
  readonly parameters: Readonly<Record<string, LoadParameter>>;
}

interface LoadParameter {
  readonly parameterChoice:
    | { readonly case: 'stringParam'; readonly value: string }
    | { readonly case: 'bytesParam'; readonly value: Uint8Array }
    | { readonly case: 'boolParam' | 'int64Param' | undefined };
}

function loadMethod(service: Pick<Service, 'models'>): UnaryMethod {
  return {
    kind: 'unary',
    path: pathOf('RepositoryModelLoad'),
    access: 'key',
    control: true,
    largeMessages: true,
    handle: async (call, message) => {
      // The schema says what is there; the type repeats it.
      const request = MESSAGES.decode('RepositoryModelLoadRequest', message) as unknown as LoadRequest;
      const options = readLoadParameters(request.parameters, LOAD_VALUES);
      await service.models.loadModel(call, request.modelName, { ...options, ...repositoryOf(request.repositoryName) });
      return MESSAGES.encodeFromJson('RepositoryModelLoadResponse', {});
    },
  };
}

const LOAD_VALUES: LoadValueReader<LoadParameter> = {
  text(name, { parameterChoice: choice }) {
    if (choice.case === 'stringParam') return choice.value;
    throw mistyped(name, 'string_param');
  },
  file(name, { parameterChoice: choice }) {
    if (choice.case === 'bytesParam') return choice.value;
    throw mistyped(name, 'bytes_param');
  },
};

function mistyped(name: string, expected: string): MillraceError {
  return invalidArgument(`load parameter '${name}': expected a ${expected}`);
}

function repositoryOf(name: string): { readonly repository?: string } {
  return name === '' ? {} : { repository: name };
}
