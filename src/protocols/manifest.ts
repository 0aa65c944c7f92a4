import type { Static, TSchema } from '@sinclair/typebox';
import type { DeepReadonly } from '../core/index.js';
import type { Dialect, DialectContext } from './dialect.js';
import type { BodyHandlers } from './shared/invocations/body-handlers.js';
import { type SwitchOptions, withPorts } from './switch-options.js';

/** A dialect before it is loaded: all that is known of one that is switched off. */
export interface DialectManifest<Name extends string = string, Schema extends TSchema = TSchema> {
  /** Of the dialect, and of its settings. */
  readonly name: Name;
  /** Schema of its settings; they have a switch and ports (`httpSwitch`). */
  readonly options: Schema;
  /** Names of the gRPC services that it serves. Default: none. */
  readonly grpcServices?: readonly string[];
  load(context: DialectContext, options: DeepReadonly<Static<Schema>>): Promise<Dialect>;
  /** How it answers bodies that another dialect passes on. Default: none. */
  loadBodyHandlers?(context: DialectContext, options: DeepReadonly<Static<Schema>>): Promise<Partial<BodyHandlers>>;
}

/** The manifest, with the types of its name and its settings. */
export function dialectManifest<const Name extends string, Schema extends TSchema>(
  manifest: DialectManifest<Name, Schema>,
): DialectManifest<Name, Schema> {
  return manifest;
}

/** A dialect that is off. */
export interface SwitchedOff {
  readonly name: string;
  readonly grpcServices: readonly string[];
  /** The dialect, of which nothing has been loaded until somebody asks for it. */
  readonly load: () => Promise<Dialect>;
}

/** Dialects that are on, and dialects that are off. */
export interface LoadedDialects {
  /** What they were made with. */
  readonly context: DialectContext;
  readonly spoken: readonly Dialect[];
  /** Requests for their routes and services get an error that names the setting which switches them on. */
  readonly switchedOff: readonly SwitchedOff[];
}

/** Loads the dialects that the settings switch on. Each finds its settings under its name. */
export async function loadDialects(
  manifests: readonly DialectManifest[],
  parts: Omit<DialectContext, 'loadBodyHandlers'>,
  settings: Readonly<Record<string, unknown>>,
): Promise<LoadedDialects> {
  // Checked against the schemas of the manifests.
  const optionsOf = ({ name }: DialectManifest) => settings[name] as SwitchOptions;
  const context: DialectContext = {
    ...parts,
    async loadBodyHandlers() {
      const found = await Promise.all(manifests.map((each) => each.loadBodyHandlers?.(context, optionsOf(each))));
      return Object.assign({}, ...found);
    },
  };
  const isOn = (manifest: DialectManifest) => optionsOf(manifest).enabled;
  const load = async (manifest: DialectManifest) => manifest.load(context, optionsOf(manifest));
  return {
    context,
    spoken: await Promise.all(
      manifests.filter(isOn).map(async (manifest) => withPorts(await load(manifest), optionsOf(manifest))),
    ),
    switchedOff: manifests
      .filter((manifest) => !isOn(manifest))
      .map((manifest) => {
        const { name, grpcServices = [] } = manifest;
        return { name, grpcServices, load: () => load(manifest) };
      }),
  };
}
