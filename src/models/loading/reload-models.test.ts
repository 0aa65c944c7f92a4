import { expect, it } from 'vitest';
import type { ModelInfo, ModelStatus } from '../../engine/index.js';
import { reloadModels } from './reload-models.js';

const FOLDER = '/models';

/** A version that serves, and what the model is made of. */
function served(name: string, ...parts: readonly string[]): ModelInfo {
  const steps = parts.map((model) => ({ model }));
  const manifest = { composes: () => steps };
  const source = { name, repository: FOLDER, modelFolder: `${FOLDER}/${name}`, manifest, config: {} };
  return { ref: { name, version: 1, generation: 1 }, source } as unknown as ModelInfo;
}

it('indirect steps of a listed ensemble are not unloaded, so their labels do not matter', async () => {
  const models = [served('outer', 'inner'), served('inner', 'part'), served('part'), served('other')];
  const checked: string[] = [];
  const unloaded: string[] = [];
  const engine = {
    serving: (name: string) => models.filter(({ ref }) => ref.name === name),
    statuses: () => models.map((info) => ({ name: info.ref.name, info }) as ModelStatus),
  };
  const controller = {
    load: async () => undefined as never,
    unload: async (name: string) => void unloaded.push(name),
  };
  const declaredLabels = { checkUnload: (name: string) => void checked.push(name) };
  const choice = { labels: {} };
  await reloadModels({ controller, engine, declaredLabels }, [{ name: 'outer', basePath: `${FOLDER}/outer`, choice }]);
  expect([checked, unloaded]).toEqual([['other'], ['other']]);
});
