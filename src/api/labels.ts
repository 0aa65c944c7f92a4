import type { PageQuery, Timestamp } from './endpoint.js';

/** A label of a model: callers name a version by it. */
export interface ModelLabel {
  readonly label: string;
  readonly version: number;
  /** `file`: the configuration of the model has it. */
  readonly owner: 'file' | 'api';
  /** Where a file has it: `fraud/model.yaml:3:11`. */
  readonly place?: string;
  /** Whether that version answers requests. */
  readonly ready: boolean;
}

/** The labels of a model, by name. */
export interface ModelLabels {
  readonly model: string;
  readonly labels: readonly ModelLabel[];
  /** Of those that were declared through the API; 0 = none was. */
  readonly revision: number;
  readonly changed_at?: Timestamp;
  readonly changed_by?: string;
}

/** Versions by label; null removes one. Labels that are not named stay as they are. */
export type ChangeLabels = Readonly<Record<string, number | null>>;

/** What labels of a model were declared once. */
export interface LabelsRevision {
  readonly revision: number;
  /** Versions by label. */
  readonly labels: Readonly<Record<string, number>>;
  readonly changed_at: Timestamp;
  readonly changed_by: string;
}

export interface LabelsHistory {
  readonly model: string;
  /** Newest first. */
  readonly history: readonly LabelsRevision[];
}

export interface LabelEndpoints {
  'GET /models/{model}/labels': { readonly answer: ModelLabels };
  'PATCH /models/{model}/labels': { readonly body: ChangeLabels; readonly answer: ModelLabels };
  'GET /models/{model}/labels/history': { readonly query: Pick<PageQuery, 'limit'>; readonly answer: LabelsHistory };
  'POST /models/{model}/labels/undo': { readonly answer: ModelLabels };
}
