import { MillraceError } from '../../core/index.js';
import { type Declaration, type DeclarationKind, RevisionConflict } from '../../store/index.js';

/** A precondition of a change, so that it does not undo another caller's change unseen. */
export interface Expected {
  /** It is at one of these: what {@link tagOf} says of its revision. `any`: it is declared at all. */
  readonly tags?: readonly string[] | 'any';
  /** It is not declared. */
  readonly isNew?: boolean;
}

/** The state that a change expects has changed: `failed_precondition`. */
export class StaleChange extends MillraceError {
  constructor(message: string) {
    super('failed_precondition', message);
    this.name = 'StaleChange';
  }
}

/** The name of a revision, as callers get it. */
export function tagOf(declaration: Pick<Declaration, 'revision'> | undefined): string {
  return String(declaration?.revision ?? 0);
}

/** Throws where a declaration is not as expected. */
export function checkExpected(
  { tags, isNew = false }: Expected,
  { kind, name }: { readonly kind: DeclarationKind; readonly name: string },
  now: Declaration | undefined,
): void {
  const revision = now?.revision ?? 0;
  if (isNew && now !== undefined) throw new RevisionConflict({ kind, name, revision, expectedRevision: 0 });
  if (tags === undefined || (tags === 'any' ? now !== undefined : tags.includes(tagOf(now)))) return;
  const wanted = tags === 'any' ? Number.NaN : Number(tags[0]);
  if (Number.isSafeInteger(wanted)) throw new RevisionConflict({ kind, name, revision, expectedRevision: wanted });
  const what = kind === 'labels' ? `labels of model '${name}'` : `route '${name}'`;
  const expected = tags === 'any' ? 'any revision' : `'${tags[0]}'`;
  throw new StaleChange(
    `${what}: expected ${expected}, but there is ${revision === 0 ? 'none' : `revision ${revision}`}`,
  );
}
