import { DEEPSEEK_R1, DEEPSEEK_V4, DEEPSEEK_V31, DEEPSEEK_V32 } from './deepseek.js';
import type { ToolFormat } from './format.js';
import { FUNCTIONARY_V31, FUNCTIONARY_V32 } from './functionary.js';
import { GEMMA, GEMMA4 } from './gemma.js';
import { GLM } from './glm.js';
import { GPT_OSS } from './gpt-oss.js';
import {
  APERTUS,
  APRIEL,
  COMMAND_R7B,
  GRANITE3,
  HERMES,
  LLAMA3,
  NEMOTRON_NANO_V2,
  PHI4,
  TEXT,
} from './json-formats.js';
import { KIMI_K2 } from './kimi.js';
import { LFM2 } from './lfm2.js';
import { MINIMAX_M2, MINIMAX_M3 } from './minimax.js';
import { MISTRAL, MISTRAL_NAMED } from './mistral.js';
import type { ToolFormatName } from './names.js';
import { QWEN3_CODER } from './qwen3-coder.js';
import { SEED_OSS } from './seed-oss.js';

/** All forms in which calls of tools are read and written. */
export const FORMATS: Readonly<Record<ToolFormatName, ToolFormat>> = {
  'gpt-oss': GPT_OSS,
  'qwen3-coder': QWEN3_CODER,
  glm: GLM,
  'deepseek-v4': DEEPSEEK_V4,
  'deepseek-v3.2': DEEPSEEK_V32,
  'deepseek-v3.1': DEEPSEEK_V31,
  'deepseek-r1': DEEPSEEK_R1,
  'kimi-k2': KIMI_K2,
  'minimax-m3': MINIMAX_M3,
  'minimax-m2': MINIMAX_M2,
  gemma4: GEMMA4,
  'command-r7b': COMMAND_R7B,
  'nemotron-nano-v2': NEMOTRON_NANO_V2,
  lfm2: LFM2,
  granite3: GRANITE3,
  'seed-oss': SEED_OSS,
  'functionary-v3.1': FUNCTIONARY_V31,
  'functionary-v3.2': FUNCTIONARY_V32,
  phi4: PHI4,
  apriel: APRIEL,
  apertus: APERTUS,
  hermes: HERMES,
  'mistral-named': MISTRAL_NAMED,
  mistral: MISTRAL,
  llama3: LLAMA3,
  gemma: GEMMA,
  text: TEXT,
};
