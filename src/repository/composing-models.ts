import type { ComposingModel } from '../runtimes/index.js';
import { sectionOf } from './model-config.js';
import type { ModelSource, Repository, RepositoryScan } from './types.js';

/** The steps of a model that is made of others; undefined for any other model. */
export function stepsOf({
  manifest,
  config,
}: Pick<ModelSource, 'manifest' | 'config'>): readonly ComposingModel[] | undefined {
  return manifest.composes?.(sectionOf(config, manifest) ?? {});
}

/** Names of the models that a model is made of; none for most. */
export function composingModels(source: Pick<ModelSource, 'name' | 'manifest' | 'config'>): readonly string[] {
  const steps = stepsOf(source) ?? [];
  return [...new Set(steps.map(({ model }) => model))].filter((model) => model !== source.name);
}

/**
 * Scans some models and those that they are made of, and so on, except those that `skip` names.
 * `names` of the result holds what was found, so what was looked for in vain is not among them.
 */
export async function scanWithComposing(
  repository: Pick<Repository, 'scan'>,
  names: readonly string[],
  skip: (name: string) => boolean,
): Promise<RepositoryScan> {
  const seen = new Set<string>();
  const scans: RepositoryScan[] = [];
  let next = names;
  while (next.length > 0) {
    for (const name of next) seen.add(name);
    const found = await Promise.all(next.map((name) => repository.scan({ name })));
    scans.push(...found);
    const composing = new Set(found.flatMap(({ sources }) => sources.flatMap(composingModels)));
    next = [...composing].filter((name) => !seen.has(name) && !skip(name));
  }
  return mergeScans(scans);
}

/** The findings of several scans of different models, as one. */
export function mergeScans(scans: readonly RepositoryScan[]): RepositoryScan {
  return {
    sources: scans.flatMap(({ sources }) => sources),
    problems: scans.flatMap(({ problems }) => problems),
    unsettled: scans.flatMap(({ unsettled }) => unsettled),
    unselected: scans.flatMap(({ unselected }) => unselected),
    notices: scans.flatMap(({ notices }) => notices),
    unlisted: scans.flatMap(({ unlisted }) => unlisted),
    names: scans.flatMap(({ names }) => names),
  };
}
