import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { readToolUse } from '../../../src/generation/index.js';
import { ChatTemplate } from '../../../src/runtimes/llama/template/chat-template.js';
import { emptyFolder, inCache, inRoot } from '../harness/paths.js';
import { installPython, type Python } from '../harness/python.js';
import { Tally } from '../harness/tally.js';
import { CONVERSATIONS } from './conversations.js';

const SUITE = 'chat-templates';
const LIMIT_MS = 300_000;
/** What render.py tells as the present time. */
const NOW = new Date(2026, 2, 4, 15, 6, 7);
const TOKENS = ['<bos>', '<eos>'];
const VOCABULARY = { beginToken: 0, endToken: 1, pieceOf: (token: number) => Buffer.from(TOKENS[token] ?? '') };

interface Rendering {
  /** undefined = it is refused. */
  readonly text?: string;
  readonly why?: string;
}

interface Case {
  /** `template/conversation`. */
  readonly name: string;
  readonly file: string;
  readonly variables: object;
  readonly ours: Rendering;
}

/** Renders templates by Jinja2 as transformers sets it up, and compares what the server makes of them. */
export async function run(): Promise<number> {
  const tally = new Tally();
  const folder = emptyFolder(SUITE);
  const python = installPython(`${SUITE}/requirements.txt`);
  await checkSnippets(python, path.join(folder, 'snippets.jsonl'), tally);
  const templates = inCache('chat-template-files');
  await runScript(python, 'fetch_templates.py', [templates]);
  const cases = readdirSync(templates)
    .filter((file) => file.endsWith('.jinja'))
    .sort()
    .flatMap((file) => casesOf(path.join(templates, file)));
  tally.check(cases.length === 71 * 5, `there are ${cases.length} cases of templates`);
  const [given, made] = [path.join(folder, 'cases.jsonl'), path.join(folder, 'renderings.jsonl')];
  writeFileSync(
    given,
    cases.map(({ file, variables }) => `${JSON.stringify({ template: file, variables })}\n`).join(''),
  );
  await runScript(python, 'render.py', [given, made]);
  compare(cases, readLines<Rendering>(made), { tally, report: path.join(folder, 'report.md') });
  return tally.close();
}

async function runScript(python: Python, script: string, args: readonly string[]): Promise<void> {
  const { ok, output } = await python.run(`${SUITE}/${script}`, args, LIMIT_MS);
  if (!ok) throw new Error(`${script} failed: ${output}`);
}

/** The renderings that unit tests compare with have to be those of Jinja2. */
async function checkSnippets(python: Python, file: string, tally: Tally): Promise<void> {
  await runScript(python, 'make_snippets.py', [file]);
  const kept = readLines<object>(inRoot('test/fixtures/templates/snippets.jsonl'));
  for (const [at, line] of readLines<object>(file).entries()) {
    const [made, expected] = [JSON.stringify(line), JSON.stringify(kept[at])];
    tally.check(made === expected, `test/fixtures/templates/snippets.jsonl, line ${at + 1}: Jinja2 gives ${made}`);
  }
}

function casesOf(file: string): readonly Case[] {
  const source = readFileSync(file, 'utf8');
  return Object.entries(CONVERSATIONS).map(([name, conversation]) => {
    const use = readToolUse(conversation.tools, undefined, undefined);
    const label = `${path.basename(file, '.jinja')}/${name}`;
    try {
      const template = new ChatTemplate(source, VOCABULARY, { now: () => NOW });
      const variables = template.variables(conversation, use);
      return { name: label, file, variables, ours: renderingOf(() => template.render(conversation, use)) };
    } catch (error) {
      return { name: label, file, variables: conversation, ours: { why: String(error) } };
    }
  });
}

function renderingOf(render: () => string): Rendering {
  try {
    return { text: render() };
  } catch (error) {
    return { why: String(error) };
  }
}

interface Outcome {
  readonly tally: Tally;
  readonly report: string;
}

function compare(cases: readonly Case[], renderings: readonly Rendering[], { tally, report }: Outcome): void {
  const differences = JSON.parse(readFileSync(inRoot('test/conformance', SUITE, 'differences.json'), 'utf8')) as Record<
    string,
    string
  >;
  const rows: string[] = [];
  for (const [at, { name, ours }] of cases.entries()) {
    const theirs = renderings[at] ?? {};
    const isSame = ours.text === theirs.text;
    const reason = differences[name];
    tally.check(
      isSame === (reason === undefined),
      isSame ? `${name}: it does not differ any more` : `${name}: ${whatDiffers(ours, theirs)}`,
    );
    const kind = !isSame ? 'differs' : ours.text === undefined ? `refused: ${theirs.why}` : 'equal';
    rows.push(`| ${name} | ${(reason ?? kind).replaceAll('|', '\\|').replaceAll('\n', ' ')} |`);
  }
  for (const name of Object.keys(differences)) {
    tally.check(
      cases.some((each) => each.name === name),
      `differences.json: there is no ${name}`,
    );
  }
  writeFileSync(report, `| template and conversation | outcome |\n|---|---|\n${rows.join('\n')}\n`);
}

function whatDiffers(ours: Rendering, theirs: Rendering): string {
  if (ours.text === undefined) return `refused here: ${ours.why}`;
  if (theirs.text === undefined) return `refused by Jinja2: ${theirs.why}`;
  const { text } = theirs;
  const from = [...ours.text].findIndex((_, at) => ours.text?.[at] !== text[at]);
  const at = Math.max(0, (from < 0 ? Math.min(ours.text.length, text.length) : from) - 40);
  return `${JSON.stringify(ours.text.slice(at, at + 120))}, not ${JSON.stringify(text.slice(at, at + 120))}`;
}

function readLines<Line>(file: string): readonly Line[] {
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line) as Line);
}
