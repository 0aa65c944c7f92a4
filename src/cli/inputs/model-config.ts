import type { ImageConfig } from '../../repository/index.js';

/** A model's configuration as `/v2/models/{model}/config` answers it: Triton's shape, with nothing certain about it. */
export type TritonConfig = Readonly<Record<string, unknown>>;

/** The `image` sections of a model's inputs by name; millrace puts them among the parameters. */
export function imageSections(config: TritonConfig): Readonly<Record<string, ImageConfig>> {
  const parameters = Object.entries((config.parameters ?? {}) as Readonly<Record<string, unknown>>);
  return Object.fromEntries(
    parameters.flatMap(([key, parameter]) => {
      const { string_value: text } = parameter as { readonly string_value?: unknown };
      return key.startsWith('image:') && typeof text === 'string'
        ? [[key.slice('image:'.length), JSON.parse(text) as ImageConfig]]
        : [];
    }),
  );
}

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
