import { callFormat, JSON_ARGUMENTS, type Route, type ToolFormat } from './format.js';

const START = '<|start|>assistant';

/** gpt-oss (Harmony): messages on channels, of which one is for thoughts; calls are messages to a function. */
export const GPT_OSS: ToolFormat = {
  fits: (template) => template.includes('<|channel|>') && template.includes('<|message|>'),
  calls: callFormat({
    syntax: {
      kind: 'named',
      before: '<|channel|>commentary to=functions.',
      after: ' <|constrain|>json<|message|>',
      arguments: JSON_ARGUMENTS,
      end: '',
    },
  }),
  reasoning: { open: '<|channel|>analysis<|message|>', close: `<|end|>${START}` },
  marks: [
    {
      open: '<|channel|>final<|message|>',
      openOfJson: '<|channel|>final <|constrain|>json<|message|>',
      close: '',
      isWritten: true,
    },
  ],
  channels: {
    begins: ['<|start|>', '<|channel|>', '<|message|>'],
    firstBegins: ['to='],
    areTokens: true,
    headerEnd: '<|message|>',
    ends: ['<|end|>', '<|call|>', '<|return|>'],
    route,
  },
  tokens: ['<|start|>', '<|channel|>', '<|message|>', '<|constrain|>', '<|end|>', '<|call|>', '<|return|>'],
};

const HEADER =
  /^(<\|start\|>\s*assistant)?\s*(to=[^\s<]+)?\s*(<\|channel\|>\s*(analysis|commentary|final)\s*(to=[^\s<]+\s*)?)*(<\|constrain\|>\s*\w+)?\s*$/;

/** `[<|start|>assistant][ to=NAME][<|channel|>CHANNEL][ to=NAME][ <|constrain|>TYPE]`, the last channel of several. */
function route(header: string): Route {
  if (!HEADER.test(header)) return { to: 'text' };
  const to = /\bto=([^\s<]+)/.exec(header)?.[1];
  const channel = header.slice(header.lastIndexOf('<|channel|>') + '<|channel|>'.length).trimStart();
  if (to !== undefined && to !== 'assistant' && to !== 'user') {
    return { to: 'tool', name: to.startsWith('functions.') ? to.slice('functions.'.length) : to };
  }
  return { to: channel.startsWith('analysis') ? 'thought' : 'content' };
}
