import { excerpt, invalidArgument } from '../../../core/index.js';
import { ProtoWriter } from '../../../protobuf/index.js';
import type { Service } from '../../../service/index.js';
import type { UnaryMethod } from '../../shared/grpc/method.js';
import { encodeSignatureDefs } from '../signature.js';
import { encodeModelSpec } from './encode-predict.js';
import { type ModelSpecJson, plainMethod } from './methods.js';
import { targetOfJson } from './model-spec.js';
import { MESSAGES } from './schema.js';

/** The one thing that can be asked for. */
const FIELD = 'signature_def';
const TYPE_URL = 'type.googleapis.com/tensorflow.serving.SignatureDefMap';

interface MetadataRequest {
  readonly model_spec?: ModelSpecJson;
  readonly metadata_field: readonly string[];
}

/** GetModelMetadata: the signature of a model. */
export function createMetadataMethod(service: Pick<Service, 'models'>): UnaryMethod {
  return plainMethod<MetadataRequest>({
    path: 'PredictionService/GetModelMetadata',
    request: 'GetModelMetadataRequest',
    answer: (call, { model_spec, metadata_field: fields }) => {
      const { name, version } = targetOfJson(model_spec);
      const { ref, signature } = service.models.modelInfo(call, name, version).info;
      if (fields.length === 0) throw invalidArgument(`request: expected '${FIELD}' in metadata_field, got none`);
      const unknown = fields.find((field) => field !== FIELD);
      if (unknown !== undefined) {
        throw invalidArgument(`request: expected '${FIELD}' in metadata_field, got '${excerpt(unknown)}'`);
      }
      const [definitions = new Uint8Array()] = MESSAGES.encodeFromJson(
        'SignatureDefMap',
        encodeSignatureDefs(signature),
      );
      const writer = new ProtoWriter();
      writer.raw(encodeModelSpec(ref, 1));
      const entry = writer.begin(2);
      writer.string(1, FIELD);
      const any = writer.begin(2);
      writer.string(1, TYPE_URL);
      writer.data(2, definitions);
      writer.end(any);
      writer.end(entry);
      return writer.finish();
    },
  });
}
