/** Forms in which models write calls of tools, as `llama.toolFormat` names them. The first that fits a template is taken. */
export const TOOL_FORMATS = [
  'gpt-oss',
  'qwen3-coder',
  'glm',
  'deepseek-v4',
  'deepseek-v3.2',
  'deepseek-v3.1',
  'deepseek-r1',
  'kimi-k2',
  'minimax-m3',
  'minimax-m2',
  'gemma4',
  'command-r7b',
  'nemotron-nano-v2',
  'lfm2',
  'granite3',
  'seed-oss',
  'functionary-v3.1',
  'functionary-v3.2',
  'phi4',
  'apriel',
  'apertus',
  'hermes',
  'mistral-named',
  'mistral',
  'llama3',
  'gemma',
  'text',
] as const;

/** Name of a form in which models write calls of tools. */
export type ToolFormatName = (typeof TOOL_FORMATS)[number];
