import path from 'node:path';
import type { Engine } from '../../engine/index.js';
import { composingModels, type ListedModel, type ModelSource } from '../../repository/index.js';
import type { ModelController } from './model-controller.js';

/** Labels that were declared through the API; `traffic` has them. */
export interface LabelDeclarations {
  /** Throws where callers rely on labels of a model that is to be unloaded. */
  checkUnload(name: string, options?: { readonly onlyDeclared: boolean }): void;
}

interface Parts {
  readonly controller: Pick<ModelController, 'load' | 'unload'>;
  readonly engine: Pick<Engine, 'serving' | 'statuses'>;
  readonly declaredLabels: LabelDeclarations;
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
  const names = listed.map(({ name }) => name);
  for (const name of loadedBut(withParts(names, engine), engine)) {
    declaredLabels.checkUnload(name, { onlyDeclared: true });
  }
  for (const { name, basePath, choice } of listed) {
    const [serving] = engine.serving(name);
    if (serving !== undefined && liesAt(serving.source, basePath)) {
      await controller.load(name, { choice });
      continue;
    }
    if (serving !== undefined) await controller.unload(name);
    await controller.load(name, { from: basePath, choice });
  }
  for (const name of loadedBut(withParts(names, engine), engine)) await controller.unload(name);
}

/** The models, and the steps of serving ensembles among them, at any depth. */
function withParts(names: readonly string[], engine: Pick<Engine, 'serving'>): ReadonlySet<string> {
  const all = new Set(names);
  for (const name of all) {
    for (const { source } of engine.serving(name)) for (const part of composingModels(source)) all.add(part);
  }
  return all;
}

function loadedBut(kept: ReadonlySet<string>, engine: Pick<Engine, 'statuses'>): ReadonlySet<string> {
  return new Set(engine.statuses().flatMap(({ name, info }) => (info === undefined || kept.has(name) ? [] : [name])));
}

function liesAt({ from, repository, modelFolder }: ModelSource, basePath: string): boolean {
  return from === basePath || path.resolve(repository, basePath) === modelFolder;
}
