import { Value } from '@sinclair/typebox/value';
import type { RoutesOptions } from '../routing/index.js';
import { RoutesOptionsSchema } from '../routing/index.js';
import { checkTree } from './check.js';
import { type Layer, locateProblems, type Tree } from './layer.js';
import { SettingsSchema } from './schema.js';
import { partialSchema } from './shape.js';

const LayerSchema = partialSchema(SettingsSchema);

/** Routes by name as they came from anywhere: checked as those of the settings are, and completed with defaults. */
export function readRoutes(routes: Tree): {
  readonly configs: RoutesOptions;
  /** As messages of the settings: `routes.live.arms[0].weight: expected …`; the configurations are none then. */
  readonly problems: readonly string[];
} {
  const layer: Layer = { tree: { routes }, folder: '', locate: () => '' };
  const problems = locateProblems(layer, checkTree(LayerSchema, layer.tree, layer));
  if (problems.length > 0) return { configs: {}, problems };
  const configs = Value.Default(RoutesOptionsSchema, Value.Clone(routes));
  Value.Assert(RoutesOptionsSchema, configs);
  return { configs, problems };
}
