/** How a runtime appears in Triton's configurations (`config.pbtxt`, `/v2/models/{model}/config`). */
export interface TritonMapping<Options> {
  /** Values of `backend` that mean it. */
  readonly backends: readonly string[];
  /** Values of `platform` that mean it, besides those. */
  readonly platforms?: readonly string[];
  /** The `backend` that is shown for it. Default: the runtime's name. */
  readonly shownAs?: string;
  /** The model itself says whether it gives any number of answers, so `model_transaction_policy` needs no warning. */
  readonly decoupled?: boolean;
  /** A block of Triton's ModelConfig that is for this runtime alone; a model with it must name the runtime. */
  readonly block?: string;
  /**
   * The runtime's section, from what is written for Triton; undefined = nothing is. Throws a sentence where the model cannot be
   * served as it says.
   */
  fromTriton?(triton: TritonSettings): FromTriton<Options>;
  /** The section as Triton would have it. */
  toTriton?(options: Options): ToTriton;
}

export interface FromTriton<Options> {
  readonly options: Options | undefined;
  /** What is ignored, in sentences. */
  readonly notices?: readonly string[];
}

export interface ToTriton {
  /** Fields of `optimization`. */
  readonly optimization?: Readonly<Record<string, unknown>>;
  /** Entries of `parameters`. */
  readonly parameters?: Readonly<Record<string, string>>;
  /** The mapping's {@link TritonMapping.block}. */
  readonly block?: Readonly<Record<string, unknown>>;
}

/** The parts of Triton's ModelConfig that are for runtimes, in JSON with proto field names. */
export interface TritonSettings {
  readonly platform: string;
  readonly backend: string;
  readonly parameters: Readonly<Record<string, { readonly string_value: string }>>;
  readonly optimization?: TritonOptimization;
  readonly instance_group: readonly { readonly kind: string; readonly passive: boolean }[];
  readonly model_warmup: readonly unknown[];
  readonly ensemble_scheduling?: { readonly step: readonly TritonStep[] };
}

export interface TritonOptimization {
  readonly priority: string;
  readonly cuda?: object;
  readonly eager_batching: boolean;
  readonly graph?: { readonly level: number };
  readonly execution_accelerators?: {
    readonly gpu_execution_accelerator: readonly TritonAccelerator[];
    readonly cpu_execution_accelerator: readonly TritonAccelerator[];
  };
}

export interface TritonAccelerator {
  readonly name: string;
  readonly parameters: Readonly<Record<string, string>>;
}

export interface TritonStep {
  readonly model_name: string;
  /** A 64-bit integer: as text, or as a number. */
  readonly model_version: string | number;
  readonly input_map: Readonly<Record<string, string>>;
  readonly output_map: Readonly<Record<string, string>>;
  readonly model_namespace: string;
}
