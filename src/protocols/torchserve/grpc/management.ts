import type { Call } from '../../../core/index.js';
import type { Service } from '../../../service/index.js';
import type { GrpcMethod, UnaryMethod } from '../../shared/grpc/method.js';
import { VersionError } from '../errors.js';
import { Management } from '../management.js';
import { decodeRegistration } from '../registration.js';
import { parseVersion } from '../version.js';
import { MANAGEMENT_MESSAGES } from './schema.js';

const SERVICE = '/org.pytorch.serve.grpc.management.ManagementAPIsService/';

interface ModelRequest {
  readonly model_name: string;
  readonly model_version: string;
}

interface ScaleRequest extends ModelRequest {
  readonly min_worker: number;
  readonly max_worker: number;
  readonly number_gpu: number;
}

/** TorchServe's `ManagementAPIsService`: what its routes answer, as text. */
export function createManagementMethods(service: Pick<Service, 'models'>): readonly GrpcMethod[] {
  const management = new Management(service);
  return [
    method<ModelRequest & { readonly customized: boolean }>('DescribeModel', (call, request) => {
      const { model_name: name, model_version: version, customized } = request;
      return JSON.stringify(management.describe(call, name, { version, customized }));
    }),
    method<{ readonly limit: number; readonly next_page_token: number }>('ListModels', (call, request) =>
      JSON.stringify(management.list(call, { limit: request.limit, pageToken: request.next_page_token })),
    ),
    {
      ...method<Readonly<Record<string, string | number | boolean>>>('RegisterModel', (call, request) => {
        // What is not there has its default value.
        const given = Object.entries(request).filter(([, value]) => value !== '' && value !== 0 && value !== false);
        return management.register(call, decodeRegistration(Object.fromEntries(given)));
      }),
      control: true,
    },
    method<ScaleRequest>('ScaleWorker', (call, request) => {
      const { min_worker: min, max_worker: max } = request;
      return management.scale(call, targetOf(request), {
        min: min || undefined,
        max: max || undefined,
        gpus: request.number_gpu,
      });
    }),
    method<ModelRequest>('SetDefault', (call, request) => {
      const { name, version } = targetOf(request);
      if (version === undefined) throw new VersionError(`Model version: '' does not exist for model: ${name}`);
      return management.setDefault(call, name, version);
    }),
    {
      ...method<ModelRequest>('UnregisterModel', (call, request) => {
        const { name, version } = targetOf(request);
        return management.unregister(call, name, version);
      }),
      control: true,
    },
  ];
}

function targetOf({ model_name: name, model_version: version }: ModelRequest) {
  return { name, version: parseVersion(version, name) };
}

function method<Request>(
  name: string,
  answer: (call: Call, request: Request) => string | Promise<string>,
): UnaryMethod {
  return {
    kind: 'unary',
    path: `${SERVICE}${name}`,
    access: 'key',
    control: false,
    handle: async (call, message) => {
      // The schema says what is there; the type repeats it.
      const request = MANAGEMENT_MESSAGES.decodeToJson(`${name}Request`, message) as Request;
      return MANAGEMENT_MESSAGES.encodeFromJson('ManagementResponse', { msg: await answer(call, request) });
    },
  };
}
