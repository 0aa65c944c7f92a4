/** What makes descriptors of proto files; loaded when first asked for, since protobuf takes longer than a small model. */
export async function loadProtoFiles() {
  const [{ describeProtoFile }, { MODEL_CONFIG_FILE }] = await Promise.all([
    import('./proto-file.js'),
    import('./schema.js'),
  ]);
  return { describeProtoFile, modelConfigFile: MODEL_CONFIG_FILE };
}
