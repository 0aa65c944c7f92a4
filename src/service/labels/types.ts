import type { Call } from '../../core/index.js';

/** A label of a model. */
export interface LabelOfModel {
  readonly label: string;
  readonly version: number;
  /** Whether that version answers requests. */
  readonly isReady: boolean;
}

/** The use cases about labels of versions: looking needs the scope `observe`. */
export interface LabelUseCases {
  /** Of one model, by name. `not_found` for an unknown model. */
  list(call: Call, model: string): readonly LabelOfModel[];
}
