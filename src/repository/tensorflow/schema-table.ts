import type { ProtoTable } from '../../protobuf/tables/index.js';

const POLICIES = 'tensorflow_serving/config/file_system_storage_path_source.proto';
const LOGGING = 'tensorflow_serving/config/logging_config.proto';
const POLICY = 'FileSystemStoragePathSourceConfig.ServableVersionPolicy';
const EMPTY = { imports: [], enums: {}, services: {}, package: 'tensorflow.serving' };

/** What TensorFlow Serving is told of the models that it is to serve: the file `models.config`, and over gRPC. */
export const MODEL_SERVER_CONFIG_FILES: readonly ProtoTable[] = [
  {
    ...EMPTY,
    name: POLICIES,
    messages: {
      FileSystemStoragePathSourceConfig: {},
      [POLICY]: {
        latest: [100, `${POLICY}.Latest`, 'policy_choice'],
        all: [101, `${POLICY}.All`, 'policy_choice'],
        specific: [102, `${POLICY}.Specific`, 'policy_choice'],
      },
      [`${POLICY}.Latest`]: { num_versions: [1, 'uint32'] },
      [`${POLICY}.All`]: {},
      [`${POLICY}.Specific`]: { versions: [1, 'int64[]'] },
    },
  },
  {
    ...EMPTY,
    name: LOGGING,
    messages: {
      LogCollectorConfig: { type: [1, 'string'], filename_prefix: [2, 'string'] },
      SamplingConfig: { sampling_rate: [1, 'double'] },
      LoggingConfig: { log_collector_config: [1, 'LogCollectorConfig'], sampling_config: [2, 'SamplingConfig'] },
    },
  },
  {
    ...EMPTY,
    name: 'tensorflow_serving/config/model_server_config.proto',
    imports: [POLICIES, LOGGING],
    enums: { ModelType: ['MODEL_TYPE_UNSPECIFIED', 'TENSORFLOW', 'OTHER'] },
    messages: {
      ModelConfig: {
        name: [1, 'string'],
        base_path: [2, 'string'],
        model_type: [3, 'ModelType'],
        model_platform: [4, 'string'],
        model_version_policy: [7, POLICY],
        version_labels: [8, 'map<string,int64>'],
        logging_config: [6, 'LoggingConfig'],
      },
      ModelConfigList: { config: [1, 'ModelConfig[]'] },
      ModelServerConfig: { model_config_list: [1, 'ModelConfigList', 'config'] },
    },
  },
];
