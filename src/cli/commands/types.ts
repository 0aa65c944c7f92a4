import type { Command } from 'commander';
import { type CommandContext, examples } from '../command.js';
import { formatJson } from '../format/json.js';
import { formatTypes } from '../format/types.js';
import { optionalInputs } from '../inputs/model-config.js';
import { addServerFlags, connectTo, type ServerFlags, suggestingModels } from '../server-options.js';

interface TypesFlags extends ServerFlags {
  readonly modelVersion?: string;
  readonly json?: true;
}

/** `millrace types <model>`: a TypeScript type for the client. */
export function registerTypes(program: Command, { io }: CommandContext): void {
  addServerFlags(program.command('types <models...>'))
    .description("print a TypeScript type of a model's inputs and outputs, for client.model<Type>('name')")
    .option('--model-version <version>', 'this version instead of the one that answers')
    .option('--json', 'print the metadata behind it as JSON')
    .addHelpText('after', examples('millrace types mlp', 'millrace types mlp mobilenetv3 > models.ts'))
    .action(async (names: readonly string[], flags: TypesFlags) => {
      const client = await connectTo(io, flags);
      const version = flags.modelVersion === undefined ? {} : { version: flags.modelVersion };
      const found = await Promise.all(
        names.map(async (name) => {
          const model = client.model(name, version);
          const metadata = await suggestingModels(client, name, () => model.metadata());
          // Only the configuration knows which inputs may be left out; other servers of the protocol have none.
          return { metadata, optional: optionalInputs(await model.config().catch(() => ({}))) };
        }),
      );
      io.stdout.write(
        flags.json
          ? formatJson(found.map(({ metadata }) => metadata))
          : found.map(({ metadata, optional }) => formatTypes(metadata, optional)).join('\n'),
      );
    });
}
