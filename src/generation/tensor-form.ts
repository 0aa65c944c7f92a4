import {
  bytesElements,
  type GenerationDelta,
  type GenerationSpec,
  invalidArgument,
  type Parameters,
  type ParameterValue,
  type Prompt,
  packBytes,
  type Signature,
  type Tensor,
  type TensorSpec,
  type TokenLogprob,
  type ToolCallDelta,
  typedView,
} from '../core/index.js';
import { promptBytes } from './prompts.js';

/** The input of each kind of prompt. */
const INPUTS = { text: 'text_input', tokens: 'token_ids', conversation: 'chat_input' } as const;
const OUTPUT = 'text_output';

/** Inputs and outputs of a model that generates: the prompt in one of the inputs, a piece of the answer in the output. */
export function generationSignature({ chat }: Pick<GenerationSpec, 'chat'>): Signature {
  const tokens: TensorSpec = {
    name: INPUTS.tokens,
    datatype: 'INT32',
    shape: [-1],
    batchAxis: null,
    optional: true,
  };
  const conversations = chat ? [textSpec(INPUTS.conversation, true)] : [];
  return { inputs: [textSpec(INPUTS.text, true), tokens, ...conversations], outputs: [textSpec(OUTPUT, false)] };
}

function textSpec(name: string, optional: boolean): TensorSpec {
  return { name, datatype: 'BYTES', shape: [1], batchAxis: null, optional };
}

/** A prompt as the input of its kind. */
export function tensorsOfPrompt(prompt: Prompt): readonly Tensor[] {
  const name = INPUTS[prompt.kind];
  const data = promptBytes(prompt);
  if (prompt.kind === 'tokens') return [{ name, datatype: 'INT32', shape: [prompt.tokens.length], data }];
  return [{ name, datatype: 'BYTES', shape: [1], data: packBytes([data]) }];
}

/** The prompt of a request: exactly one of the inputs. Throws `invalid_argument` for anything else. */
export function promptOfTensors(inputs: readonly Tensor[]): Prompt {
  const [input] = inputs;
  if (input === undefined || inputs.length > 1) {
    const got = inputs.length === 0 ? 'none' : inputs.map(({ name }) => `'${name}'`).join(' and ');
    const [text, tokens, chat] = Object.values(INPUTS);
    throw invalidArgument(`expected one of the inputs '${text}', '${tokens}' and '${chat}', got ${got}`);
  }
  const { name, data } = input;
  if (name === INPUTS.tokens) return { kind: 'tokens', tokens: typedView('INT32', data) as Int32Array };
  const [element = new Uint8Array(0)] = bytesElements(data);
  if (name === INPUTS.text) return { kind: 'text', text: element };
  return { kind: 'conversation', conversation: element };
}

/** A piece of an answer as the model's output. */
export function tensorsOfDelta({ text }: GenerationDelta): readonly Tensor[] {
  return [{ name: OUTPUT, datatype: 'BYTES', shape: [1], data: packBytes([Buffer.from(text)]) }];
}

/** What a piece has besides its text, as parameters of an answer. */
export function parametersOfDelta(delta: GenerationDelta): Parameters {
  const { promptLogprobs = [], logprobs = [], toolCalls = [], reasoning = '', tokenIds, promptTokenIds } = delta;
  const told: Record<string, ParameterValue> = {};
  if (promptLogprobs.length > 0) told.prompt_logprobs = promptLogprobs.map(writeLogprob);
  if (logprobs.length > 0) told.logprobs = logprobs.map(writeLogprob);
  if (toolCalls.length > 0) told.tool_calls = toolCalls.map(writeCall);
  if (reasoning !== '') told.reasoning = [reasoning];
  if (tokenIds !== undefined) told.token_ids = tokenIds;
  if (promptTokenIds !== undefined) told.prompt_token_ids = promptTokenIds;
  return told;
}

function writeLogprob({ topLogprobs, ...token }: TokenLogprob) {
  return { ...token, top_logprobs: topLogprobs.map((top) => ({ ...top })) };
}

/** In the form of OpenAI's chat completions. */
function writeCall({ index, id, name, arguments: piece }: ToolCallDelta) {
  const called = { ...(name === undefined ? {} : { name }), arguments: piece };
  return { index, ...(id === undefined ? {} : { id, type: 'function' }), function: called };
}
