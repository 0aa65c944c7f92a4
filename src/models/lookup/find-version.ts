import { type InferTarget, invalidArgument, MillraceError, msg, namedModel } from '../../core/index.js';
import type { Engine, ModelInfo } from '../../engine/index.js';
import type { UnselectedVersion } from '../../repository/index.js';
import { chooseVersion, formatArm, parseLabelledName, type RouteArm } from '../../routing/index.js';
import { didYouMean } from '../../text/index.js';
import { explainAbsence, type FormatUnknownModel } from './absence.js';
import type { ModelAliases } from './model-aliases.js';
import { STABLE, type VersionLabels } from './version-labels.js';

export interface VersionLookup {
  readonly engine: Pick<Engine, 'serving' | 'statusesOf'>;
  readonly labels: Pick<VersionLabels, 'of'>;
  readonly aliases: Pick<ModelAliases, 'resolve' | 'all'>;
  /** Versions of a loaded model that are on disk, but not selected. */
  readonly unselected: (model: string) => readonly UnselectedVersion[];
  /** Models are still being found. */
  readonly starting: () => boolean;
  /** Default: millrace's own words. */
  readonly formatUnknown?: FormatUnknownModel | undefined;
}

/**
 * The version that answers for a requested model: the one that is named by number or by label (`fraud@canary`), else the one with the
 * label `stable`, else the highest. Throws why there is none.
 */
export function findVersion(lookup: VersionLookup, wanted: InferTarget): ModelInfo {
  const { engine } = lookup;
  const target = withoutLabel(lookup, wanted);
  const info = chooseVersion(engine.serving(target.name), target.version);
  if (info !== undefined) return info;
  throw explainTarget(lookup, target);
}

/** Why no version answers for a target that names none by a label. */
export function explainTarget(lookup: VersionLookup, target: InferTarget): MillraceError {
  const { engine, unselected, starting, formatUnknown } = lookup;
  const { name } = target;
  const knowledge = { statuses: engine.statusesOf(name), unselected: unselected(name), starting: starting() };
  return explainAbsence(target, knowledge, formatUnknown);
}

/** A version as routes name it, for an arm or a shadow: with neither number nor label, what the bare name of the model stands for. */
export type NamedVersion = Pick<RouteArm, 'model'> & Partial<Pick<RouteArm, 'label' | 'version'>>;

/** The version that a route names, if it serves. */
export function findNamed(
  { engine, labels }: Pick<VersionLookup, 'engine' | 'labels'>,
  { model, label, version }: NamedVersion,
): ModelInfo | undefined {
  const wanted = version ?? labels.of(model).get(label ?? STABLE);
  if (label !== undefined && wanted === undefined) return undefined;
  return chooseVersion(engine.serving(model), wanted);
}

/** Of a version that a route names, what {@link findVersion} finds it by, or says why it does not serve. */
export function targetOf({ model, label, version }: NamedVersion): InferTarget {
  return { name: formatArm({ model, label }), version };
}

/** The model and the number of the version that a target stands for; the number is undefined where any will do. */
export function withoutLabel(
  { engine, labels }: Pick<VersionLookup, 'engine' | 'labels'>,
  wanted: InferTarget,
): InferTarget {
  const { name, version } = wanted;
  const labelled = parseLabelledName(name);
  // A model may have such a name itself.
  if (labelled === undefined || engine.statusesOf(name).length > 0) {
    const stable = version === undefined ? labels.of(name).get(STABLE) : undefined;
    return stable === undefined ? wanted : { name, version: stable };
  }
  if (engine.statusesOf(labelled.name).length === 0) return wanted;
  if (version !== undefined) {
    throw invalidArgument(`'${name}' names a version by its label: expected no further version, got ${version}`);
  }
  const known = labels.of(labelled.name);
  const found = known.get(labelled.label);
  if (found !== undefined) return { name: labelled.name, version: found };
  throw new UnknownLabelError(labelled.name, labelled.label, [...known.keys()]);
}

/** A model is known, but not the label by which it is asked. */
export class UnknownLabelError extends MillraceError {
  constructor(model: string, label: string, known: readonly string[]) {
    super('not_found', msg`${namedModel(model)} has no label '${label}'${didYouMean(label, known, "'")}`);
    this.name = 'UnknownLabelError';
  }
}
