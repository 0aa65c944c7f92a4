import { type Command, Option } from 'commander';
import type { MillraceApi } from '../../client/index.js';
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
    const text = await fetchReport(api, route, json ? 'json' : format);
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
      await api.ask('POST /routes/{route}/shadow/reset', { params: { route } });
      io.stdout.write(`what was counted of the shadow of '${route}' is forgotten\n`);
    },
  );
}

async function fetchReport(api: MillraceApi, route: string, format: keyof typeof TYPES): Promise<string> {
  const request = { params: { route } };
  if (format === 'json') return formatJson((await api.ask('GET /routes/{route}/shadow', request)).body);
  return (await api.askText('GET /routes/{route}/shadow', { ...request, accept: TYPES[format] })).body;
}
