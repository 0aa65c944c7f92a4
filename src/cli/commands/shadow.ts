import { type Command, Option } from 'commander';
import { connectToApi } from '../api.js';
import { type CommandContext, examples } from '../command.js';
import { writeNamed } from '../files.js';
import { formatJson } from '../format/json.js';
import { addServerFlags, type ServerFlags } from '../server-options.js';

const TYPES = { text: 'text/plain', json: 'application/json', html: 'text/html' } as const;

interface ReportFlags extends ServerFlags {
  readonly format: keyof typeof TYPES;
  readonly output?: string;
  readonly json?: true;
}

/** `millrace shadow …`: how the shadow of a route compares with what answers its callers. */
export function registerShadow(program: Command, { io }: CommandContext): void {
  const shadow = program
    .command('shadow')
    .description("look at what copies of a route's requests have shown")
    .addHelpText(
      'after',
      examples('millrace shadow report fraud-live', 'millrace shadow report fraud-live --format html -o report.html'),
    );
  addServerFlags(
    shadow
      .command('report <route>')
      .description('how the answers of two versions compare')
      .addOption(
        new Option('--format <format>', 'as text, JSON, or a page with plots')
          .choices(Object.keys(TYPES))
          .default('text'),
      )
      .option('--json', 'the same as --format json')
      .option('-o, --output <file>', 'write it to a file'),
  ).action(async (route: string, { format, json, output, ...flags }: ReportFlags) => {
    const api = await connectToApi(io, flags);
    const headers = { accept: TYPES[json ? 'json' : format] };
    const { body } = await api.ask<unknown>({ method: 'GET', path: pathOf(route), headers });
    const text = typeof body === 'string' ? body : formatJson(body);
    if (output === undefined) {
      io.stdout.write(text);
      return;
    }
    await writeNamed(io, output, { content: text });
    io.stderr.write(`wrote ${output}\n`);
  });
  addServerFlags(shadow.command('reset <route>').description('forget what has been counted, and begin anew')).action(
    async (route: string, flags: ServerFlags) => {
      const api = await connectToApi(io, flags);
      await api.ask({ method: 'POST', path: `${pathOf(route)}/reset` });
      io.stdout.write(`what was counted of the shadow of '${route}' is forgotten\n`);
    },
  );
}

function pathOf(route: string): string {
  return `/routes/${encodeURIComponent(route)}/shadow`;
}
