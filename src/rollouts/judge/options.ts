/** How a rollout is judged; what is left out has its default. `false` = not by this. */
export interface JudgeOptions {
  /** How likely a canary that is like stable is rolled back, at most: by whatever metric, whenever. Default 0.05. */
  readonly errorBudget?: number;
  readonly errors?: ErrorOptions;
  readonly latency?: LatencyOptions | false;
  readonly answers?: AnswerOptions | false;
  /** Default: false, as somebody has to send them. */
  readonly outcomes?: OutcomeOptions | false;
  /** Default: false, as there has to be a shadow. */
  readonly agreement?: AgreementOptions | false;
}

export interface ErrorOptions {
  /** How many times as high as stable's the odds of an error may be. Default 1. */
  readonly tolerance?: number;
  /** What share of its requests canary may fail beyond those that stable does, and still be fine. Default 0.02. */
  readonly margin?: number;
  /** The guard rail: canary is rolled back at once where it fails more than this share of its requests, and stable does not. Default 0.5. */
  readonly limit?: number;
}

export interface LatencyOptions {
  /** What counts as late: beyond this quantile of all latencies. Default 0.95. */
  readonly quantile?: number;
  /** How many times as long canary may take. Default 1.05. */
  readonly tolerance?: number;
  /** How many milliseconds longer it may take in any case: with fewer requests, caches are colder and processes have to wake up. Default 1. */
  readonly floorMs?: number;
  /** What share of its answers canary may have late beyond those that stable has, and still be fine. Default 0.05. */
  readonly margin?: number;
}

export interface AnswerOptions {
  /** How many times as high as stable's, or as low, the odds of an answer may be. Default 1.5. */
  readonly tolerance?: number;
  /** By what share of all answers any of them may be more or less frequent, and canary still be fine. Default 0.1. */
  readonly margin?: number;
}

export interface OutcomeOptions {
  /** By how much of the outcomes' range canary's mean may be lower, and still be fine. Default 0.05. */
  readonly margin?: number;
}

export interface AgreementOptions {
  /** The share of answers that have to agree. Default 0.99. */
  readonly minimum?: number;
  /** What share of answers may differ beyond that, and canary still be fine. Default 0.01. */
  readonly margin?: number;
}

/** Options with nothing left out. */
export interface CompleteOptions {
  readonly errorBudget: number;
  readonly errors: Required<ErrorOptions>;
  readonly latency: Required<LatencyOptions> | false;
  readonly answers: Required<AnswerOptions> | false;
  readonly outcomes: Required<OutcomeOptions> | false;
  readonly agreement: Required<AgreementOptions> | false;
}

export function complete(options: JudgeOptions): CompleteOptions {
  const { errorBudget = 0.05, errors, latency = {}, answers = {}, outcomes = false, agreement = false } = options;
  return {
    errorBudget,
    errors: { tolerance: 1, margin: 0.02, limit: 0.5, ...errors },
    latency: latency && { quantile: 0.95, tolerance: 1.05, floorMs: 1, margin: 0.05, ...latency },
    answers: answers && { tolerance: 1.5, margin: 0.1, ...answers },
    outcomes: outcomes && { margin: 0.05, ...outcomes },
    agreement: agreement && { minimum: 0.99, margin: 0.01, ...agreement },
  };
}
