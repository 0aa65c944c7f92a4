import { realpathSync } from 'node:fs';
import module from 'node:module';
import { pathToFileURL } from 'node:url';
import type { AnyModelDefinition } from '../../model/index.js';
import { checkDefinition } from './definition.js';
import * as hooks from './hooks.js';

interface Hooks {
  readonly resolve: typeof hooks.resolve;
  readonly load: typeof hooks.load;
}

let installed = false;
let loads = 0;

/** The model that a script exports. Rejects with whatever the script throws, and `invalid_argument` for no model. */
export async function loadDefinition(file: string): Promise<AnyModelDefinition> {
  installHooks();
  loads++;
  // Packages are looked for from where the script really lies, as Node does it.
  const url = `${pathToFileURL(realpathSync(file)).href}?${hooks.MARK}=${loads}`;
  const { default: exported } = await import(url);
  return checkDefinition(exported);
}

function installHooks(): void {
  if (installed) return;
  installed = true;
  // Stacks should show the lines that somebody wrote.
  process.setSourceMapsEnabled(true);
  // Node 22.15 and later. Before, hooks run in a thread of their own, which costs time and memory.
  const { registerHooks } = module as { readonly registerHooks?: (hooks: Hooks) => void };
  if (registerHooks === undefined) module.register('./hooks.js', import.meta.url);
  else registerHooks({ resolve: hooks.resolve, load: hooks.load });
}
