import path from 'node:path';
import type { Engine } from '../engine/index.js';
import { composingModels, type ListedModel, type ModelSource } from '../repository/index.js';
import type { DeclaredLabels } from './labels/declared-labels.js';
import type { ModelController } from './loading/model-controller.js';

interface Parts {
  readonly controller: Pick<ModelController, 'load' | 'unload'>;
  readonly engine: Pick<Engine, 'serving' | 'statuses'>;
  readonly declaredLabels: Pick<DeclaredLabels, 'checkUnload'>;
}

/**
 * Serves the listed models and no others: loads each from where it is said to lie, inside a repository, and then unloads those that are
 * neither listed nor needed by those that are. Rejects when one does not load, and before anything is done where one that would go has
 * labels that were declared; the others stay as they are then.
 */
export async function reloadModels(
  { controller, engine, declaredLabels }: Parts,
  listed: readonly ListedModel[],
): Promise<void> {
  const wanted = new Set(listed.map(({ name }) => name));
  for (const name of loadedNames(engine))
    if (!wanted.has(name) && !isPart(engine, name, wanted)) declaredLabels.checkUnload(name, { onlyDeclared: true });
  for (const { name, basePath, choice } of listed) {
    const [serving] = engine.serving(name);
    if (serving !== undefined && liesAt(serving.source, basePath)) {
      await controller.load(name, { choice });
      continue;
    }
    if (serving !== undefined) await controller.unload(name);
    await controller.load(name, { from: basePath, choice });
  }
  for (const name of wanted) {
    for (const { source } of engine.serving(name)) for (const part of composingModels(source)) wanted.add(part);
  }
  for (const name of loadedNames(engine)) if (!wanted.has(name)) await controller.unload(name);
}

function loadedNames(engine: Pick<Engine, 'statuses'>): ReadonlySet<string> {
  return new Set(engine.statuses().flatMap(({ name, info }) => (info === undefined ? [] : [name])));
}

/** Whether one of the others that is served is made of it. */
function isPart(engine: Pick<Engine, 'serving'>, name: string, wanted: ReadonlySet<string>): boolean {
  return [...wanted].some((other) =>
    engine.serving(other).some(({ source }) => composingModels(source).includes(name)),
  );
}

function liesAt({ from, repository, modelFolder }: ModelSource, basePath: string): boolean {
  return from === basePath || path.resolve(repository, basePath) === modelFolder;
}
