import { ANTHROPIC } from './anthropic/manifest.js';
import { KSERVE } from './kserve/manifest.js';
import { OIP } from './oip/manifest.js';
import { OPENAI } from './openai/manifest.js';
import { RERANK } from './rerank/manifest.js';
import { SAGEMAKER } from './sagemaker/manifest.js';
import { TEI } from './tei/manifest.js';
import { TFS } from './tfs/manifest.js';
import { TORCHSERVE } from './torchserve/manifest.js';
import { VERTEX } from './vertex/manifest.js';

/** The built-in dialects. */
export const BUILT_IN_DIALECTS = [
  OIP,
  OPENAI,
  ANTHROPIC,
  KSERVE,
  TFS,
  TORCHSERVE,
  SAGEMAKER,
  VERTEX,
  TEI,
  RERANK,
] as const;
