import { invalidArgument, MillraceError } from '../../../core/index.js';
import { type ListedModel, type ModelServerConfig, readListedModels } from '../../../repository/index.js';
import type { Service } from '../../../service/index.js';
import type { GrpcMethod } from '../../shared/grpc/method.js';
import { encodeStatuses } from '../model-status.js';
import { type ModelSpecJson, plainMethod } from './methods.js';
import { targetOfJson } from './model-spec.js';
import { MESSAGES } from './schema.js';

/** ModelService: how models stand, and which are to be served. */
export function createModelServiceMethods(service: Pick<Service, 'models'>): readonly GrpcMethod[] {
  return [
    plainMethod<{ readonly model_spec?: ModelSpecJson }>({
      path: 'ModelService/GetModelStatus',
      request: 'GetModelStatusRequest',
      answer: (call, { model_spec }) => {
        const { name, version } = targetOfJson(model_spec);
        const statuses = service.models.modelStatuses(call, name, version);
        return MESSAGES.encodeFromJson('GetModelStatusResponse', encodeStatuses(statuses));
      },
    }),
    plainMethod<ReloadRequest>({
      path: 'ModelService/HandleReloadConfigRequest',
      request: 'ReloadConfigRequest',
      control: true,
      answer: async (call, { config = {}, metric_names: metrics }) => {
        if (metrics.length > 0) {
          throw new MillraceError('unimplemented', 'request: metric_names are not answered; metrics are at /metrics');
        }
        await service.models.reloadModels(call, readModels(config));
        return MESSAGES.encodeFromJson('ReloadConfigResponse', { status: { error_code: 'OK' } });
      },
    }),
  ];
}

interface ReloadRequest {
  readonly config?: ModelServerConfig;
  readonly metric_names: readonly string[];
}

function readModels(config: ModelServerConfig): readonly ListedModel[] {
  try {
    return readListedModels(config);
  } catch (error) {
    throw invalidArgument(`config: ${(error as Error).message}`);
  }
}
