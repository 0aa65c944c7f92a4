import type { ProtoTable } from '../../../protobuf/tables/index.js';
import { MODEL_SERVER_CONFIG_FILES } from '../../../repository/index.js';
import { DTYPE_NAMES } from '../dtypes.js';

/** A file without what it does not need. */
const file = (name: string, packageName: string, more: Partial<ProtoTable>): ProtoTable => ({
  name,
  package: packageName,
  imports: [],
  messages: {},
  enums: {},
  services: {},
  ...more,
});

const CORE = 'tensorflow/core';
const APIS = 'tensorflow_serving/apis';
const CONFIG = 'tensorflow_serving/config/model_server_config.proto';
const SPEC = 'ModelSpec';

/** Of TensorFlow's own files, what TensorFlow Serving's messages are made of. */
const TENSORFLOW: readonly ProtoTable[] = [
  file(`${CORE}/framework/types.proto`, 'tensorflow', { enums: { DataType: DTYPE_NAMES } }),
  file(`${CORE}/framework/tensor_shape.proto`, 'tensorflow', {
    messages: {
      TensorShapeProto: { dim: [2, 'TensorShapeProto.Dim[]'], unknown_rank: [3, 'bool'] },
      'TensorShapeProto.Dim': { size: [1, 'int64'], name: [2, 'string'] },
    },
  }),
  file(`${CORE}/framework/tensor.proto`, 'tensorflow', {
    imports: [`${CORE}/framework/tensor_shape.proto`, `${CORE}/framework/types.proto`],
    messages: {
      TensorProto: {
        dtype: [1, 'enum .tensorflow.DataType'],
        tensor_shape: [2, 'TensorShapeProto'],
        version_number: [3, 'int32'],
        tensor_content: [4, 'bytes'],
        half_val: [13, 'int32[]'],
        float_val: [5, 'float[]'],
        double_val: [6, 'double[]'],
        int_val: [7, 'int32[]'],
        string_val: [8, 'bytes[]'],
        scomplex_val: [9, 'float[]'],
        int64_val: [10, 'int64[]'],
        bool_val: [11, 'bool[]'],
        dcomplex_val: [12, 'double[]'],
        uint32_val: [16, 'uint32[]'],
        uint64_val: [17, 'uint64[]'],
      },
    },
  }),
  file(`${CORE}/example/feature.proto`, 'tensorflow', {
    messages: {
      BytesList: { value: [1, 'bytes[]'] },
      FloatList: { value: [1, 'float[]'] },
      Int64List: { value: [1, 'int64[]'] },
      Feature: {
        bytes_list: [1, 'BytesList', 'kind'],
        float_list: [2, 'FloatList', 'kind'],
        int64_list: [3, 'Int64List', 'kind'],
      },
      Features: { feature: [1, 'map<string,Feature>'] },
    },
  }),
  file(`${CORE}/example/example.proto`, 'tensorflow', {
    imports: [`${CORE}/example/feature.proto`],
    messages: { Example: { features: [1, 'Features'] } },
  }),
  file(`${CORE}/protobuf/meta_graph.proto`, 'tensorflow', {
    imports: [`${CORE}/framework/tensor_shape.proto`, `${CORE}/framework/types.proto`],
    messages: {
      TensorInfo: {
        name: [1, 'string', 'encoding'],
        dtype: [2, 'enum .tensorflow.DataType'],
        tensor_shape: [3, 'TensorShapeProto'],
      },
      SignatureDef: {
        inputs: [1, 'map<string,TensorInfo>'],
        outputs: [2, 'map<string,TensorInfo>'],
        method_name: [3, 'string'],
      },
    },
  }),
  file(`${CORE}/protobuf/error_codes.proto`, 'tensorflow.error', {
    enums: {
      Code: {
        OK: 0,
        CANCELLED: 1,
        UNKNOWN: 2,
        INVALID_ARGUMENT: 3,
        DEADLINE_EXCEEDED: 4,
        NOT_FOUND: 5,
        ALREADY_EXISTS: 6,
        PERMISSION_DENIED: 7,
        RESOURCE_EXHAUSTED: 8,
        FAILED_PRECONDITION: 9,
        ABORTED: 10,
        OUT_OF_RANGE: 11,
        UNIMPLEMENTED: 12,
        INTERNAL: 13,
        UNAVAILABLE: 14,
        DATA_LOSS: 15,
        UNAUTHENTICATED: 16,
      },
    },
  }),
];

const serving = (name: string, more: Partial<ProtoTable>) => file(name, 'tensorflow.serving', more);
const own = (...names: readonly string[]) => names.map((name) => `${APIS}/${name}.proto`);

const SERVING: readonly ProtoTable[] = [
  serving(`${APIS}/model.proto`, {
    imports: ['google/protobuf/wrappers.proto'],
    messages: {
      ModelSpec: {
        name: [1, 'string'],
        version: [2, '.google.protobuf.Int64Value', 'version_choice'],
        version_label: [4, 'string', 'version_choice'],
        signature_name: [3, 'string'],
      },
    },
  }),
  serving(`${APIS}/input.proto`, {
    imports: [`${CORE}/example/example.proto`],
    messages: {
      ExampleList: { examples: [1, '.tensorflow.Example[]'] },
      ExampleListWithContext: { examples: [1, '.tensorflow.Example[]'], context: [2, '.tensorflow.Example'] },
      Input: {
        example_list: [1, 'ExampleList', 'kind'],
        example_list_with_context: [2, 'ExampleListWithContext', 'kind'],
      },
    },
  }),
  serving(`${APIS}/predict.proto`, {
    imports: [`${CORE}/framework/tensor.proto`, ...own('model')],
    messages: {
      PredictRequest: {
        model_spec: [1, SPEC],
        inputs: [2, 'map<string,.tensorflow.TensorProto>'],
        output_filter: [3, 'string[]'],
      },
      PredictResponse: { outputs: [1, 'map<string,.tensorflow.TensorProto>'], model_spec: [2, SPEC] },
    },
  }),
  serving(`${APIS}/classification.proto`, {
    imports: own('input', 'model'),
    messages: {
      Class: { label: [1, 'string'], score: [2, 'float'] },
      Classifications: { classes: [1, 'Class[]'] },
      ClassificationResult: { classifications: [1, 'Classifications[]'] },
      ClassificationRequest: { model_spec: [1, SPEC], input: [2, 'Input'] },
      ClassificationResponse: { result: [1, 'ClassificationResult'], model_spec: [2, SPEC] },
    },
  }),
  serving(`${APIS}/regression.proto`, {
    imports: own('input', 'model'),
    messages: {
      Regression: { value: [1, 'float'] },
      RegressionResult: { regressions: [1, 'Regression[]'] },
      RegressionRequest: { model_spec: [1, SPEC], input: [2, 'Input'] },
      RegressionResponse: { result: [1, 'RegressionResult'], model_spec: [2, SPEC] },
    },
  }),
  serving(`${APIS}/inference.proto`, {
    imports: own('classification', 'input', 'model', 'regression'),
    messages: {
      InferenceTask: { model_spec: [1, SPEC], method_name: [2, 'string'] },
      InferenceResult: {
        model_spec: [1, SPEC],
        classification_result: [2, 'ClassificationResult', 'result'],
        regression_result: [3, 'RegressionResult', 'result'],
      },
      MultiInferenceRequest: { tasks: [1, 'InferenceTask[]'], input: [2, 'Input'] },
      MultiInferenceResponse: { results: [1, 'InferenceResult[]'] },
    },
  }),
  serving(`${APIS}/get_model_metadata.proto`, {
    imports: ['google/protobuf/any.proto', `${CORE}/protobuf/meta_graph.proto`, ...own('model')],
    messages: {
      SignatureDefMap: { signature_def: [1, 'map<string,.tensorflow.SignatureDef>'] },
      GetModelMetadataRequest: { model_spec: [1, SPEC], metadata_field: [2, 'string[]'] },
      GetModelMetadataResponse: { model_spec: [1, SPEC], metadata: [2, 'map<string,.google.protobuf.Any>'] },
    },
  }),
  serving(`${APIS}/status.proto`, {
    imports: [`${CORE}/protobuf/error_codes.proto`],
    messages: { StatusProto: { error_code: [1, 'enum .tensorflow.error.Code'], error_message: [2, 'string'] } },
  }),
  serving(`${APIS}/get_model_status.proto`, {
    imports: own('model', 'status'),
    messages: {
      GetModelStatusRequest: { model_spec: [1, SPEC] },
      ModelVersionStatus: {
        version: [1, 'int64'],
        state: [2, 'ModelVersionStatus.State'],
        status: [3, 'StatusProto'],
      },
      GetModelStatusResponse: { model_version_status: [1, 'ModelVersionStatus[]'] },
    },
    enums: {
      'ModelVersionStatus.State': { UNKNOWN: 0, START: 10, LOADING: 20, AVAILABLE: 30, UNLOADING: 40, END: 50 },
    },
  }),
  ...MODEL_SERVER_CONFIG_FILES,
  serving(`${APIS}/model_management.proto`, {
    imports: [CONFIG, ...own('status')],
    messages: {
      ReloadConfigRequest: { config: [1, 'ModelServerConfig'], metric_names: [2, 'string[]'] },
      ReloadConfigResponse: { status: [1, 'StatusProto'] },
    },
  }),
  serving(`${APIS}/model_service.proto`, {
    imports: own('get_model_status', 'model_management'),
    services: {
      ModelService: {
        GetModelStatus: ['GetModelStatusRequest', 'GetModelStatusResponse'],
        HandleReloadConfigRequest: ['ReloadConfigRequest', 'ReloadConfigResponse'],
      },
    },
  }),
  serving(`${APIS}/prediction_service.proto`, {
    imports: own('classification', 'get_model_metadata', 'inference', 'predict', 'regression'),
    services: {
      PredictionService: {
        Classify: ['ClassificationRequest', 'ClassificationResponse'],
        Regress: ['RegressionRequest', 'RegressionResponse'],
        Predict: ['PredictRequest', 'PredictResponse'],
        MultiInference: ['MultiInferenceRequest', 'MultiInferenceResponse'],
        GetModelMetadata: ['GetModelMetadataRequest', 'GetModelMetadataResponse'],
      },
    },
  }),
];

/** The files behind PredictionService and ModelService, each behind those that it needs. */
export const TFS_FILES: readonly ProtoTable[] = [...TENSORFLOW, ...SERVING];
