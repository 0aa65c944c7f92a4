import { formatModelRef } from '../../core/index.js';
import type { ModelInfo } from '../../engine/index.js';
import { findNamed, type NamedVersion, type VersionLookup, versionDifference } from '../../models/index.js';
import type { Route } from '../../routing/index.js';
import { didYouMean } from '../../text/index.js';

/** The models and routes that a route is checked against. */
export interface Surroundings {
  readonly lookup: VersionLookup;
  /** Of all models that the server knows. */
  readonly modelNames: () => readonly string[];
  /** By model, a route that has it as an arm without label or version, of those that stay as they are. */
  readonly bareArms: ReadonlyMap<string, string>;
}

/** Problems of a route with models, labels, versions and other routes, worded as those of the settings. */
export function problemsOf(route: Route, { lookup, modelNames, bareArms }: Surroundings): readonly string[] {
  const at = (index: number) => `routes.${route.name}.arms[${index}]`;
  const problems = route.arms.flatMap((arm, index) => {
    const problem = armProblem(arm, lookup, modelNames);
    return problem === undefined ? [] : [`${at(index)}${problem}`];
  });
  const shadowProblem = route.shadow && armProblem(route.shadow, lookup, modelNames);
  if (shadowProblem !== undefined) problems.push(`routes.${route.name}.shadow${shadowProblem}`);
  if (problems.length > 0) return problems;
  const difference = differenceWithin(route, (arm) => findNamed(lookup, arm));
  if (difference !== undefined) problems.push(`${at(difference.index)}: ${difference.message}`);
  if (lookup.engine.statusesOf(route.name).length > 0) {
    if (route.arms.every(({ model }) => model !== route.name)) {
      problems.push(`routes.${route.name}: the name is taken by a model, of which this route has no arm`);
    }
  }
  const { name: model } = lookup.aliases.resolve({ name: route.name, version: undefined });
  if (model !== route.name && route.arms.every((arm) => arm.model !== model)) {
    const named = modelNames().includes(model) ? `model '${model}'` : 'a model';
    problems.push(`routes.${route.name}: the name is an alias of ${named}, of which this route has no arm`);
  }
  const user = bareArms.get(route.name);
  if (user !== undefined && user !== route.name) {
    const message = `route '${user}' has a model of this name as an arm, without label or version`;
    problems.push(`routes.${route.name}: ${message}; give it one there first`);
  }
  return problems;
}

/** By model, one of the routes that have it as an arm without label or version. */
export function bareArmsOf(routes: Iterable<Route>): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const { name, arms } of routes) {
    for (const { model, label, version } of arms) {
      if (label === undefined && version === undefined) found.set(model, name);
    }
  }
  return found;
}

function armProblem(
  { model, label, version }: NamedVersion,
  { engine, labels }: VersionLookup,
  modelNames: () => readonly string[],
): string | undefined {
  const statuses = engine.statusesOf(model);
  if (statuses.length === 0) return `.model: there is no model '${model}'${didYouMean(model, modelNames(), "'")}`;
  const known = labels.of(model);
  if (label !== undefined && !known.has(label)) {
    return `.label: model '${model}' has no label '${label}'${didYouMean(label, [...known.keys()], "'")}`;
  }
  if (version === undefined || statuses.some((status) => status.version === version)) return undefined;
  const versions = statuses.map((status) => status.version).join(', ');
  return `.version: model '${model}' has no version ${version} that is loaded; it has ${versions}`;
}

/** The first arm that takes or gives other tensors than one before it, by the versions that are found for them. */
export function differenceWithin(
  { arms }: Pick<Route, 'arms'>,
  find: (arm: NamedVersion) => ModelInfo | undefined,
): { readonly index: number; readonly message: string } | undefined {
  const serving = arms.map(find);
  const reference = serving.find((info) => info !== undefined);
  for (const [index, info] of serving.entries()) {
    if (info === undefined || reference === undefined || info === reference) continue;
    const difference = versionDifference(reference, info);
    if (difference === undefined) continue;
    return { index, message: `other than ${formatModelRef(reference.ref)}, ${difference}` };
  }
  return undefined;
}
