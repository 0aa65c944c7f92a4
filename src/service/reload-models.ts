import path from 'node:path';
import type { Engine } from '../engine/index.js';
import { composingModels, type ListedModel, type ModelSource } from '../repository/index.js';
import type { ModelController } from './loading/model-controller.js';

interface Parts {
  readonly controller: Pick<ModelController, 'load' | 'unload'>;
  readonly engine: Pick<Engine, 'serving' | 'statuses'>;
}

/**
 * Serves the listed models and no others: loads each from where it is said to lie, inside a repository, and then unloads those that are
 * neither listed nor needed by those that are. Rejects when one does not load; the others stay as they are then.
 */
export async function reloadModels({ controller, engine }: Parts, listed: readonly ListedModel[]): Promise<void> {
  const wanted = new Set(listed.map(({ name }) => name));
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
  const serving = engine.statuses().filter(({ info }) => info !== undefined);
  for (const name of new Set(serving.map((status) => status.name))) {
    if (!wanted.has(name)) await controller.unload(name);
  }
}

function liesAt({ from, repository, modelFolder }: ModelSource, basePath: string): boolean {
  return from === basePath || path.resolve(repository, basePath) === modelFolder;
}
