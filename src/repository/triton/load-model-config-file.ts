import type { FileDescriptorProto } from '@bufbuild/protobuf/wkt';

/** The descriptor of Triton's `model_config.proto`; loaded when first asked for, since protobuf takes longer than a small model. */
export async function loadModelConfigFile(): Promise<FileDescriptorProto> {
  return (await import('./schema.js')).MODEL_CONFIG_FILE;
}
