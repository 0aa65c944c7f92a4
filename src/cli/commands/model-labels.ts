import type { Command } from 'commander';
import type { ModelLabel, ModelLabels } from '../../api/index.js';
import { invalidArgument } from '../../core/index.js';
import { connectToApi, type IfMatchFlags, ifMatch } from '../api.js';
import type { CommandContext } from '../command.js';
import { formatJson } from '../format/json.js';
import { formatTable, type TableStyle } from '../format/table.js';
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

/** The labels of a model as a table. */
function formatLabels({ model, labels }: ModelLabels, style: TableStyle): string {
  if (labels.length === 0) return `${model} has no labels\n`;
  const { green, yellow } = style.colors;
  return formatTable<ModelLabel>(
    [
      { header: 'LABEL', cell: ({ label }) => `${model}@${label}` },
      { header: 'VERSION', align: 'right', cell: ({ version }) => String(version) },
      { header: 'STATE', cell: ({ ready }) => (ready ? green('ready') : yellow('not ready')) },
      { header: 'OWNER', cell: ({ owner, place }) => (place === undefined ? owner : `${owner} ${place}`) },
    ],
    labels,
    style,
  );
}
