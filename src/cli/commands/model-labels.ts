import type { Command } from 'commander';
import { invalidArgument } from '../../core/index.js';
import { connectToApi, type IfMatchFlags, ifMatch } from '../api.js';
import type { CommandContext } from '../command.js';
import { formatJson } from '../format/json.js';
import { formatLabels } from '../format/labels.js';
import { addCommonFlags, type CommonFlags } from '../server-options.js';

/** `millrace models label fraud stable=3 canary=`: looks at the labels of a model, moves and removes them. */
export function registerLabel(models: Command, { io }: CommandContext): void {
  addCommonFlags(
    models
      .command('label <model> [labels...]')
      .description('move labels to versions (stable=3), remove them (canary=), or show them'),
  )
    .option('--if-match <revision>', 'only if the labels that were declared are at this revision')
    .action(async (model: string, labels: readonly string[], flags: CommonFlags & IfMatchFlags) => {
      const changes = Object.fromEntries(labels.map(parseLabel));
      const api = await connectToApi(io, flags);
      const params = { model };
      const { body } =
        labels.length === 0
          ? await api.ask('GET /models/{model}/labels', { params })
          : await api.ask('PATCH /models/{model}/labels', { params, body: changes, headers: ifMatch(flags) });
      io.stdout.write(flags.json ? formatJson(body) : formatLabels(body, io.stdout));
    });
}

/** `stable=3`; `canary=` removes it. */
function parseLabel(text: string): readonly [string, number | null] {
  const [, label, version] = /^([^=]+)=(\d*)$/.exec(text) ?? [];
  if (label === undefined || version === undefined) {
    throw invalidArgument(`expected a label and a version such as stable=3, or canary= to remove it, got '${text}'`);
  }
  return [label, version === '' ? null : Number(version)];
}
