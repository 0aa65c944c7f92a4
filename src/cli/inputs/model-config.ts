/** A model's configuration as `/v2/models/{model}/config` answers it: Triton's shape, with nothing certain about it. */
export type TritonConfig = Readonly<Record<string, unknown>>;

/** The first output that has class labels. */
export function labelledOutput(config: TritonConfig): string | undefined {
  const outputs = tensorsOf(config.output);
  return outputs.find((output) => typeof output.label_filename === 'string' && output.label_filename !== '')?.name;
}

/** Names of the inputs that requests may leave out. */
export function optionalInputs(config: TritonConfig): readonly string[] {
  return tensorsOf(config.input)
    .filter((input) => input.optional === true)
    .map((input) => input.name);
}

function tensorsOf(list: unknown): readonly (TritonConfig & { readonly name: string })[] {
  return Array.isArray(list) ? list : [];
}

/** Whether the model gives any number of answers, which `infer` cannot carry and `generate_stream` can. */
export function isDecoupled(config: TritonConfig): boolean {
  return (config.model_transaction_policy as { readonly decoupled?: unknown } | undefined)?.decoupled === true;
}

/** Whether its requests must say which sequence they belong to. */
export function keepsSequences(config: TritonConfig): boolean {
  return typeof config.sequence_batching === 'object' && config.sequence_batching !== null;
}
