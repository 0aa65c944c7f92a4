import { MillraceError } from '../core/index.js';
import type { DeclarationKind } from './types.js';

/** Another process is the writer of the store: `unavailable`. */
export class StoreInUse extends MillraceError {
  constructor(message: string, options: { readonly cause?: unknown } = {}) {
    super('unavailable', message, options);
    this.name = 'StoreInUse';
  }
}

/** What has changed meanwhile. */
export interface Conflict {
  readonly kind: DeclarationKind;
  readonly name: string;
  readonly expectedRevision: number;
  /** 0 = never declared. */
  readonly revision: number;
}

/** A change that expects another revision than there is: `failed_precondition`. */
export class RevisionConflict extends MillraceError {
  readonly conflict: Conflict;

  constructor(conflict: Conflict) {
    super('failed_precondition', describe(conflict));
    this.name = 'RevisionConflict';
    this.conflict = conflict;
  }
}

function describe({ kind, name, expectedRevision, revision }: Conflict): string {
  const what = kind === 'labels' ? `the labels of model '${name}'` : `route '${name}'`;
  const verb = kind === 'labels' ? 'are' : 'is';
  const now = revision === 0 ? `${verb} not declared` : `${verb} at revision ${revision} now`;
  const expected = expectedRevision === 0 ? 'none' : `revision ${expectedRevision}`;
  return `${what} ${now}, expected ${expected}: somebody has changed ${kind === 'labels' ? 'them' : 'it'} meanwhile`;
}
