import { bytesOf, packBytes, type Tensor } from '../../core/index.js';

/** An input of a model that generates: a text, the JSON of a conversation, or the tokens of a text. */
export interface TextInput extends Tensor {
  readonly name: 'text_input' | 'chat_input' | 'token_ids';
}

/** A text, or the JSON of a conversation, as models with a chat template take it. */
export function textInput(name: 'text_input' | 'chat_input', text: string): TextInput {
  return { name, datatype: 'BYTES', shape: [1], data: packBytes([Buffer.from(text)]) };
}

/** Tokens, each from 0 to 2^31 - 1. */
export function tokenInput(tokens: readonly number[]): TextInput {
  return { name: 'token_ids', datatype: 'INT32', shape: [tokens.length], data: bytesOf(Int32Array.from(tokens)) };
}
