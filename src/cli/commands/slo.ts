import path from 'node:path';
import { type Command, Option } from 'commander';
import { stringify } from 'yaml';
import { invalidArgument } from '../../core/index.js';
import { alertRules, alertTests, slosOf } from '../../slos/index.js';
import { connectToApi } from '../api.js';
import { type CommandContext, examples } from '../command.js';
import { writeNamed } from '../files.js';
import { formatJson } from '../format/json.js';
import { formatSlos } from '../format/slos.js';
import type { Io } from '../io.js';
import { addCommonFlags, type CommonFlags } from '../server-options.js';
import { addSettingFlags, type GivenFlags, loadSettingsFor } from '../setting-flags.js';

interface GenerateFlags extends GivenFlags {
  readonly output?: string;
  readonly scale: number;
}

const RULES_FILE = 'millrace-slos.rules.yaml';
const MAX_SCALE = 10_000;

/** `millrace slo …`: service level objectives. */
export function registerSlo(program: Command, { io }: CommandContext): void {
  const slo = program
    .command('slo')
    .description('show how service level objectives are met, and write alerts for Prometheus');
  addCommonFlags(slo.command('list').description('list the objectives, and how much of their error budgets is left'))
    .addHelpText('after', examples('millrace slo list', 'millrace slo list --json'))
    .action(async (flags: CommonFlags) => {
      const api = await connectToApi(io, flags);
      const { body } = await api.ask('GET /slos', {});
      io.stdout.write(flags.json ? formatJson(body) : formatSlos(body, io.stdout));
    });
  addSettingFlags(
    slo
      .command('generate')
      .description('print alerting rules for Prometheus, or write them and their tests to a folder'),
  )
    .option(
      '--output <folder>',
      `write ${RULES_FILE} there, and a file of tests for promtool for each objective; files of these names are replaced`,
    )
    .addOption(
      new Option('--scale <factor>', 'make all windows shorter by this factor, to try the alerts out')
        .default(1)
        .argParser(readScale),
    )
    .addHelpText(
      'after',
      examples('millrace slo generate -c millrace.yaml', 'millrace slo generate -c millrace.yaml --output rules'),
    )
    .action((flags: GenerateFlags) => generate(io, flags));
}

async function generate(io: Io, flags: GenerateFlags): Promise<void> {
  const { output, scale } = flags;
  const slos = slosOf((await loadSettingsFor(io, flags)).slos);
  if (slos.length === 0) throw invalidArgument('the settings have no SLOs: set slos, as docs/slos.md shows');
  const rules = yamlOf(alertRules(slos, scale));
  if (output === undefined) {
    io.stdout.write(rules);
    return;
  }
  const tests = slos.map((slo): readonly [string, string] => [
    `millrace-slo-${slo.name}.tests.yaml`,
    yamlOf(alertTests(slo, { ruleFile: RULES_FILE, scale })),
  ]);
  for (const [name, content] of [[RULES_FILE, rules] as const, ...tests]) {
    const file = path.join(output, name);
    await writeNamed(io, file, { content, newFolders: true });
    io.stdout.write(`wrote ${file}\n`);
  }
}

function yamlOf(document: object): string {
  return stringify(document, { lineWidth: 0, aliasDuplicateObjects: false });
}

function readScale(text: string): number {
  const scale = Number(text);
  if (text.trim() !== '' && scale >= 1 && scale <= MAX_SCALE) return scale;
  throw invalidArgument(`--scale: expected a number from 1 to ${MAX_SCALE}, got '${text}'`);
}
