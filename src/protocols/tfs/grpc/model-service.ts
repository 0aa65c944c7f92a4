import type { Service } from '../../../service/index.js';
import type { GrpcMethod } from '../../grpc/method.js';
import { encodeStatuses } from '../model-status.js';
import { type ModelSpecJson, plainMethod } from './methods.js';
import { targetOfJson } from './model-spec.js';
import { MESSAGES } from './schema.js';

/** ModelService: how models stand, and which are to be served. */
export function createModelServiceMethods(service: Service): readonly GrpcMethod[] {
  return [
    plainMethod<{ readonly model_spec?: ModelSpecJson }>({
      path: 'ModelService/GetModelStatus',
      request: 'GetModelStatusRequest',
      answer: (call, { model_spec }) => {
        const { name, version } = targetOfJson(model_spec);
        const statuses = service.modelStatuses(call, name, version);
        return MESSAGES.encodeFromJson('GetModelStatusResponse', encodeStatuses(statuses));
      },
    }),
  ];
}
