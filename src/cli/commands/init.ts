import { stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { invalidArgument } from '../../core/index.js';
import { type CommandContext, examples } from '../command.js';
import { writeNamed } from '../files.js';
import { formatJson } from '../format/json.js';
import type { Io } from '../io.js';
import { sampleRepository } from '../sample-repository.js';
import { registerInitSystemd } from './init-systemd.js';

/** `millrace init [folder]`: a model repository to begin with. */
export function registerInit(program: Command, { io }: CommandContext): void {
  const command = program
    .command('init [folder]')
    .description('write a model repository with models in TypeScript to begin with')
    .option('--json', 'print JSON')
    .addHelpText('after', examples('millrace init', 'millrace init ./my-models'))
    .action((folder: string | undefined, flags: { readonly json?: true }) => init(io, folder ?? 'models', flags));
  registerInitSystemd(command, io);
}

async function init(io: Io, folder: string, flags: { readonly json?: true }): Promise<void> {
  const root = path.resolve(io.cwd, folder);
  const files = Object.entries(sampleRepository(typesFor(root)));
  for (const [name] of files) await refuseExisting(path.join(folder, name), path.join(root, name));
  for (const [name, content] of files) {
    // Should it have appeared since, it is not overwritten either.
    await writeNamed(io, path.join(folder, name), { content, newFolders: true, newFile: true });
  }
  const written = files.map(([name]) => path.join(folder, name));
  // By npx, whether it is installed for the project or for everybody.
  const next = [`npx millrace serve ${folder} --dev`, 'npx millrace infer hello -i name=world'];
  if (flags.json) {
    io.stdout.write(formatJson({ written, next }));
    return;
  }
  const { dim, cyan } = io.stdout.colors;
  io.stdout.write(`${written.map((file) => `${dim('wrote')} ${file}\n`).join('')}
Next, serve them and ask one:
${next.map((line) => `  ${cyan(line)}\n`).join('')}
With --dev a model is loaded again when its file is saved.
`);
}

async function refuseExisting(shownAs: string, file: string): Promise<void> {
  if ((await stat(file).catch(() => undefined)) === undefined) return;
  throw invalidArgument(`${shownAs} exists already; nothing was written`);
}

/**
 * Where an editor finds the types of `millrace/model`, relative to `root` so that the folder may move along with it; undefined
 * where it finds them by itself, as the package is installed.
 */
function typesFor(root: string): string | undefined {
  try {
    createRequire(path.join(root, 'model.ts')).resolve('millrace/package.json');
    return undefined;
  } catch {
    const types = fileURLToPath(new URL('../../model/index.d.ts', import.meta.url));
    return path.relative(root, types).replaceAll(path.sep, '/');
  }
}
