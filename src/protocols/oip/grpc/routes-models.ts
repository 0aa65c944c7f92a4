import { invalidArgument } from '../../../core/index.js';
import type { Service } from '../../../service/index.js';
import type { GrpcMethod } from '../../shared/grpc/method.js';
import { encodeModelMetadata, encodeStatistics } from '../routes-encode.js';
import { statisticsOf } from '../routes-models.js';
import { decodeVersion } from './decode-version.js';
import { plainMethod } from './unary.js';

interface ModelRequest {
  readonly name: string;
  readonly version: string;
}

/** Everything that can be asked of a model, of the version that the policy chooses or of a given one. */
export function createModelMethods(service: Pick<Service, 'models'>): readonly GrpcMethod[] {
  return [
    plainMethod<ModelRequest>({
      name: 'ModelReady',
      answer: (call, { name, version }) => ({ ready: service.models.modelReady(call, name, decodeVersion(version)) }),
    }),
    plainMethod<ModelRequest>({
      name: 'ModelMetadata',
      answer: (call, { name, version }) => {
        const { info, versions } = service.models.modelInfo(call, name, decodeVersion(version));
        return encodeModelMetadata(info, versions);
      },
    }),
    plainMethod<ModelRequest>({
      name: 'ModelConfig',
      answer: (call, { name, version }) => ({
        config: service.models.tritonConfig(call, name, decodeVersion(version)),
      }),
    }),
    plainMethod<ModelRequest>({
      name: 'ModelStatistics',
      answer: (call, { name, version }) => {
        const wanted = decodeVersion(version);
        if (name !== '') return encodeStatistics(statisticsOf(service, call, { name, version: wanted }));
        if (wanted === undefined) return encodeStatistics(service.models.modelStatistics(call, undefined, undefined));
        throw invalidArgument(`expected the name of a model with version ${wanted}, got none`);
      },
    }),
  ];
}
