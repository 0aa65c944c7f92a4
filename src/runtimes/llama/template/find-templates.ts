import { open, realpath } from 'node:fs/promises';
import path from 'node:path';
import { invalidArgument, messageOf } from '../../../core/index.js';
import type { Weights } from '../library/weights.js';
import type { LlamaOptions } from '../options.js';

/** Jinja templates of a model's conversations. Plain data. */
export interface ChatTemplates {
  readonly source: string;
  /** For requests that offer tools; undefined = `source`. */
  readonly tools: string | undefined;
}

/** Templates of models have up to 20 KB. */
const MAX_BYTES = 1_048_576;
/** Where Hugging Face keeps templates outside of the configuration of a tokeniser. */
const USUAL_FILE = 'chat_template.jinja';
const USUAL_TOOL_FILE = 'additional_chat_templates/tool_use.jinja';

type Configured = Pick<LlamaOptions, 'chatTemplate' | 'chatTemplateFile'>;
type Contained = Pick<Weights, 'chatTemplate' | 'toolTemplate'>;

/**
 * The templates of the GGUF file `file`: those of its configuration, else its own, else those beside it; undefined = it has none. Rejects with
 * `invalid_argument` for a file that cannot be used.
 */
export async function findTemplates(
  file: string,
  { chatTemplate, chatTemplateFile }: Configured,
  own: Contained,
): Promise<ChatTemplates | undefined> {
  const folder = path.dirname(file);
  if (chatTemplate !== '') {
    if (chatTemplateFile === '') return { source: chatTemplate, tools: undefined };
    throw invalidArgument('llama.chatTemplateFile: expected to be left out beside llama.chatTemplate');
  }
  if (chatTemplateFile !== '') return { source: await readNamed(folder, chatTemplateFile), tools: undefined };
  if (own.chatTemplate !== undefined) return { source: own.chatTemplate, tools: own.toolTemplate };
  const source = await readUsual(folder, USUAL_FILE);
  return source === undefined ? undefined : { source, tools: await readUsual(folder, USUAL_TOOL_FILE) };
}

async function readNamed(folder: string, name: string): Promise<string> {
  const refuse = (problem: string) => invalidArgument(`llama.chatTemplateFile: '${name}' ${problem}`);
  if (name.includes('\0')) throw refuse('is not a file name');
  if (path.posix.isAbsolute(name) || path.win32.isAbsolute(name)) throw refuse('must be relative, not absolute');
  if (name.split(/[\\/]/).includes('..')) throw refuse("must not contain '..'");
  const text = await readTemplate(folder, name).catch((error: unknown) => {
    throw refuse(messageOf(error));
  });
  if (text === undefined) throw refuse('does not exist beside the model file');
  return text;
}

async function readUsual(folder: string, name: string): Promise<string | undefined> {
  return readTemplate(folder, name).catch((error: unknown) => {
    throw invalidArgument(`'${name}' ${messageOf(error)}`);
  });
}

/** undefined where there is no such file. Rejects with the predicate of a sentence where it cannot be used. */
async function readTemplate(folder: string, name: string): Promise<string | undefined> {
  const file = await realpath(path.join(folder, name)).catch(unlessMissing);
  if (file === undefined) return undefined;
  const relative = path.relative(await realpath(folder), file);
  if (relative.split(path.sep)[0] === '..' || path.isAbsolute(relative)) {
    throw new Error('leads out of the folder of the model file');
  }
  const handle = await open(file, 'r').catch(unlessMissing);
  if (handle === undefined) return undefined;
  try {
    const stats = await handle.stat();
    if (!stats.isFile()) throw new Error('is not a file');
    if (stats.size > MAX_BYTES) throw new Error(`has ${stats.size} bytes; expected at most ${MAX_BYTES}`);
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(stats.size), 0, stats.size, 0);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await handle.close();
  }
}

function unlessMissing(error: Error & { readonly code?: string }): undefined {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
  throw new Error(`cannot be read: ${error.code ?? error.message}`);
}
