/** How a rollout is judged; what is left out has its default. */
export interface JudgeOptions {
  /** How likely a canary that is like stable is rolled back, at most: by whatever metric, whenever. Default 0.05. */
  readonly errorBudget?: number;
  readonly errors?: ErrorOptions;
}

export interface ErrorOptions {
  /** How many times as high as stable's the odds of an error may be. Default 1. */
  readonly tolerance?: number;
  /** What share of its requests canary may fail beyond those that stable does, and still be fine. Default 0.02. */
  readonly margin?: number;
  /** The guard rail: canary is rolled back at once where it fails more than this share of its requests, and stable does not. Default 0.5. */
  readonly limit?: number;
}

/** Options with nothing left out. */
export interface CompleteOptions {
  readonly errorBudget: number;
  readonly errors: Required<ErrorOptions>;
}

export function complete({ errorBudget = 0.05, errors }: JudgeOptions): CompleteOptions {
  return { errorBudget, errors: { tolerance: 1, margin: 0.02, limit: 0.5, ...errors } };
}
