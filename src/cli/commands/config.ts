import type { Command } from 'commander';
import { stringify } from 'yaml';
import { redactSettings, settingsJsonSchema } from '../../config/index.js';
import { type CommandContext, examples } from '../command.js';
import { formatJson } from '../format/json.js';
import { addSettingFlags, type GivenFlags, loadSettingsFor } from '../setting-flags.js';

/** `millrace config …`: the server's settings without a server. */
export function registerConfig(program: Command, { io }: CommandContext): void {
  const config = program
    .command('config')
    .description("check and print the server's settings")
    .addHelpText(
      'after',
      examples(
        'millrace config check -c millrace.yaml',
        'millrace config print',
        'millrace config schema > schema.json',
      ),
    );
  addSettingFlags(
    config.command('check').description('say what is wrong with file, environment and flags, if anything'),
  )
    .option('--json', 'print JSON')
    .action(async (flags: GivenFlags) => {
      await loadSettingsFor(io, flags);
      io.stdout.write(flags.json ? formatJson({ valid: true }) : 'the settings are valid\n');
    });
  addSettingFlags(config.command('print').description('print the settings as they would hold, secrets left out'))
    .option('--json', 'print JSON instead of YAML')
    .action(async (flags: GivenFlags) => {
      const settings = redactSettings(await loadSettingsFor(io, flags));
      io.stdout.write(flags.json ? formatJson(settings) : stringify(settings));
    });
  config
    .command('schema')
    .description('print the JSON Schema of millrace.yaml, for editors')
    .option('--json', 'what it prints anyway')
    .action(() => io.stdout.write(`${JSON.stringify(settingsJsonSchema(), null, 2)}\n`));
}
