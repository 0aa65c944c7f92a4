import type { Static, TSchema } from '@sinclair/typebox';
import type { DeepReadonly } from '../core/index.js';
import type { Service } from '../service/index.js';
import { DIALECT_USES, type Dialect, type DialectContext } from './dialect.js';
import type { BodyHandlers } from './shared/invocations/body-handlers.js';
import { type SwitchOptions, withPorts } from './switch-options.js';

/** A dialect before it is loaded: all that is known of one that is switched off. */
export interface DialectManifest<
  Name extends string = string,
  Schema extends TSchema = TSchema,
  Uses extends keyof Service = (typeof DIALECT_USES)[number],
> {
  /** Of the dialect, and of its settings. */
  readonly name: Name;
  /** Schema of its settings; they have a switch and ports (`httpSwitch`). */
  readonly options: Schema;
  /** Names of the gRPC services that it serves. Default: none. */
  readonly grpcServices?: readonly string[];
  /** Which use cases of the service it gets. Default: {@link DIALECT_USES}. */
  readonly uses?: readonly Uses[];
  load(context: DialectContext<Uses>, options: DeepReadonly<Static<Schema>>): Promise<Dialect>;
  /** How it answers bodies that another dialect passes on. Default: none. */
  loadBodyHandlers?(
    context: DialectContext<Uses>,
    options: DeepReadonly<Static<Schema>>,
  ): Promise<Partial<BodyHandlers>>;
}

/** The manifest, with the types of its name and its settings. */
export function dialectManifest<
  const Name extends string,
  Schema extends TSchema,
  const Uses extends keyof Service = (typeof DIALECT_USES)[number],
>(manifest: DialectManifest<Name, Schema, Uses>): DialectManifest<Name, Schema, Uses> {
  return manifest;
}

/** Of any dialect, whichever use cases it asks for. */
type AnyManifest = DialectManifest<string, TSchema, keyof Service>;

/** A dialect that is off. */
export interface SwitchedOff {
  readonly name: string;
  readonly grpcServices: readonly string[];
  /** The dialect, of which nothing has been loaded until somebody asks for it. */
  readonly load: () => Promise<Dialect>;
}

/** Dialects that are on, and dialects that are off. */
export interface LoadedDialects {
  /** For dialects that have no manifest. */
  readonly context: DialectContext;
  readonly spoken: readonly Dialect[];
  /** Requests for their routes and services get an error that names the setting which switches them on. */
  readonly switchedOff: readonly SwitchedOff[];
}

/** Loads the dialects that the settings switch on. Each finds its settings under its name. */
export async function loadDialects(
  manifests: readonly AnyManifest[],
  parts: Omit<DialectContext<keyof Service>, 'loadBodyHandlers'>,
  settings: Readonly<Record<string, unknown>>,
): Promise<LoadedDialects> {
  // Checked against the schemas of the manifests.
  const optionsOf = ({ name }: AnyManifest) => settings[name] as SwitchOptions;
  const loadBodyHandlers = async () => {
    const found = await Promise.all(
      manifests.map((each) => each.loadBodyHandlers?.(contextOf(each.uses), optionsOf(each))),
    );
    return Object.assign({}, ...found);
  };
  const contextOf = (uses: readonly (keyof Service)[] = DIALECT_USES): DialectContext<keyof Service> => {
    // A manifest's own type says which are there.
    const entries = uses.map((name) => [name, parts.service[name]]);
    return { ...parts, service: Object.fromEntries(entries), loadBodyHandlers };
  };
  const isOn = (manifest: AnyManifest) => optionsOf(manifest).enabled;
  const load = async (manifest: AnyManifest) => manifest.load(contextOf(manifest.uses), optionsOf(manifest));
  return {
    context: contextOf(),
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
