import type { CallContext } from '../../core/index.js';
import type { Expected } from '../declarations/expected.js';

/** A label of a model. */
export interface LabelOfModel {
  readonly label: string;
  readonly version: number;
  /** `file`: the configuration of the model has it. */
  readonly owner: 'file' | 'api';
  /** Where a file has it: `fraud/model.yaml:3:11`. */
  readonly place: string | undefined;
  /** Whether that version answers requests. */
  readonly isReady: boolean;
}

/** The labels of a model, by name. */
export interface LabelsOfModel {
  readonly model: string;
  readonly labels: readonly LabelOfModel[];
  /** Names the revision of the labels declared through the API. */
  readonly tag: string;
  /** Milliseconds since the Unix epoch; undefined = nothing is declared. */
  readonly changedAtMs: number | undefined;
  readonly changedBy: string | undefined;
}

/** Versions by label; null removes one. */
export type LabelChanges = Readonly<Record<string, number | null>>;

/** An earlier declaration of a model's labels. */
export interface LabelsRevision {
  readonly revision: number;
  readonly labels: Readonly<Record<string, number>>;
  readonly changedAtMs: number;
  readonly changedBy: string;
}

/**
 * The use cases about labels of versions. Looking needs the right `model.observe`, changing `label.change`. `not_found` for an unknown model.
 */
export interface LabelUseCases {
  of(call: CallContext, model: string): LabelsOfModel;
  /**
   * Moves and removes labels, all of them or none, in one step for all callers; it lasts. `failed_precondition` where a version does not
   * serve, where the model's configuration has a label, and where what is there is not as expected.
   */
  change(
    call: CallContext,
    model: string,
    change: { readonly labels: LabelChanges; readonly expected?: Expected },
  ): Promise<LabelsOfModel>;
  /** Declarations through the API, newest first. */
  history(call: CallContext, model: string, limit: number): Promise<readonly LabelsRevision[]>;
  /** Goes back to the revision before, which is a change itself. */
  undo(call: CallContext, model: string, expected?: Expected): Promise<LabelsOfModel>;
}

/** The effect of a change on a label. */
export interface LabelDifference {
  readonly label: string;
  /** undefined: it is removed. */
  readonly version: number | undefined;
}
