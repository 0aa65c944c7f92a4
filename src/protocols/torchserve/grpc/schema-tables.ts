import type { ProtoTable } from '../../../protobuf/tables/index.js';

/** `google/rpc/status.proto`, of which answers may hold one. */
export const STATUS: ProtoTable = {
  name: 'google/rpc/status.proto',
  package: 'google.rpc',
  imports: ['google/protobuf/any.proto'],
  messages: { Status: { code: [1, 'int32'], message: [2, 'string'], details: [3, '.google.protobuf.Any[]'] } },
  enums: {},
  services: {},
};

/** TorchServe's `inference.proto`. */
export const INFERENCE: ProtoTable = {
  name: 'inference.proto',
  package: 'org.pytorch.serve.grpc.inference',
  imports: ['google/protobuf/empty.proto', 'google/rpc/status.proto'],
  messages: {
    PredictionsRequest: {
      model_name: [1, 'string'],
      model_version: [2, 'string'],
      input: [3, 'map<string,bytes>'],
      sequence_id: [4, 'string', '_sequence_id'],
    },
    PredictionResponse: {
      prediction: [1, 'bytes'],
      sequence_id: [2, 'string', '_sequence_id'],
      status: [3, '.google.rpc.Status', '_status'],
    },
    TorchServeHealthResponse: { health: [1, 'string'] },
  },
  enums: {},
  services: {
    InferenceAPIsService: {
      Ping: ['.google.protobuf.Empty', 'TorchServeHealthResponse'],
      Predictions: ['PredictionsRequest', 'PredictionResponse'],
      StreamPredictions: ['PredictionsRequest', 'stream PredictionResponse'],
      StreamPredictions2: ['stream PredictionsRequest', 'stream PredictionResponse'],
    },
  },
};

/** TorchServe's `management.proto`. */
export const MANAGEMENT: ProtoTable = {
  name: 'management.proto',
  package: 'org.pytorch.serve.grpc.management',
  imports: [],
  messages: {
    ManagementResponse: { msg: [1, 'string'] },
    DescribeModelRequest: { model_name: [1, 'string'], model_version: [2, 'string'], customized: [3, 'bool'] },
    ListModelsRequest: { limit: [1, 'int32'], next_page_token: [2, 'int32'] },
    RegisterModelRequest: {
      batch_size: [1, 'int32'],
      handler: [2, 'string'],
      initial_workers: [3, 'int32'],
      max_batch_delay: [4, 'int32'],
      model_name: [5, 'string'],
      response_timeout: [6, 'int32'],
      runtime: [7, 'string'],
      synchronous: [8, 'bool'],
      url: [9, 'string'],
      s3_sse_kms: [10, 'bool'],
      startup_timeout: [11, 'int32'],
    },
    ScaleWorkerRequest: {
      model_name: [1, 'string'],
      model_version: [2, 'string'],
      max_worker: [3, 'int32'],
      min_worker: [4, 'int32'],
      number_gpu: [5, 'int32'],
      synchronous: [6, 'bool'],
      timeout: [7, 'int32'],
    },
    SetDefaultRequest: { model_name: [1, 'string'], model_version: [2, 'string'] },
    UnregisterModelRequest: { model_name: [1, 'string'], model_version: [2, 'string'] },
  },
  enums: {},
  services: {
    ManagementAPIsService: {
      DescribeModel: ['DescribeModelRequest', 'ManagementResponse'],
      ListModels: ['ListModelsRequest', 'ManagementResponse'],
      RegisterModel: ['RegisterModelRequest', 'ManagementResponse'],
      ScaleWorker: ['ScaleWorkerRequest', 'ManagementResponse'],
      SetDefault: ['SetDefaultRequest', 'ManagementResponse'],
      UnregisterModel: ['UnregisterModelRequest', 'ManagementResponse'],
    },
  },
};
