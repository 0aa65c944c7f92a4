import type { Action, InferTarget, MillraceError, Principal } from '../../core/index.js';
import { admit } from '../../governance/index.js';
import { parseLabelledName } from '../../routing/index.js';
import { explainAbsence } from './absence.js';
import type { VersionLookup } from './find-version.js';

/** The lookup as one principal sees it. */
export interface SeenLookup {
  readonly lookup: VersionLookup;
  /** False where only a label of a model may be meant, and nothing that itself has the name. */
  readonly isItself: boolean;
  /** As it was named, but by the model's own name instead of an alias. */
  readonly target: InferTarget;
}

/**
 * Lets a principal pass that may do this to a model or route. The right is on the model's own name, where it wrote an alias. One that it
 * does not see is absent, as if nothing had the name that it wrote; throws `permission_denied` for one that it sees. Gives what of that name there is for the principal.
 */
export function admitToModel(
  lookup: VersionLookup,
  { principal, action }: { readonly principal: Principal; readonly action: Action },
  asked: InferTarget,
): SeenLookup {
  const target = lookup.aliases.resolve(asked);
  admit(principal, action, { name: target.name, unknown: () => absent(lookup, asked) });
  const { lookup: seen, isItself } = seenBy(lookup, { principal, action }, target.name);
  // Not `{ ...seenBy(…), target }`: V8 put the copies into its old space, 170 bytes a request until the next full collection.
  return { lookup: seen, isItself, target };
}

/** The error for a name without a model or route. */
export function absent(
  { starting, formatUnknown }: Pick<VersionLookup, 'starting' | 'formatUnknown'>,
  target: InferTarget,
): MillraceError {
  return explainAbsence(target, { statuses: [], unselected: [], starting: starting() }, formatUnknown);
}

/** A name without `@` is that of a model or a route, and the right is on it. */
function seenBy(
  lookup: VersionLookup,
  { principal: { rights }, action }: { readonly principal: Principal; readonly action: Action },
  name: string,
): Omit<SeenLookup, 'target'> {
  const labelled = parseLabelledName(name);
  if (labelled === undefined) return { lookup, isItself: true };
  const isItself = rights.allowOwn(action, name);
  const model = labelled.name;
  if (isItself && rights.allow(action, model)) return { lookup, isItself };
  const { engine, labels } = lookup;
  const known = new Map([...labels.of(model)].filter(([label]) => rights.sees(`${model}@${label}`)));
  // A caller who sees only some of its labels does not learn that the model exists.
  const isModelSeen = rights.sees(model) || known.has(labelled.label);
  const isHidden = (asked: string) => (asked === name && !isItself) || (asked === model && !isModelSeen);
  return {
    isItself,
    lookup: {
      ...lookup,
      engine: {
        serving: (asked) => (isHidden(asked) ? [] : engine.serving(asked)),
        statusesOf: (asked) => (isHidden(asked) ? [] : engine.statusesOf(asked)),
      },
      // Which versions there are is for callers that see the model.
      unselected: (asked) => ((asked === name ? isItself : rights.sees(asked)) ? lookup.unselected(asked) : []),
      labels: { of: (asked) => (asked === model ? known : labels.of(asked)) },
    },
  };
}
