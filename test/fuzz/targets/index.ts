import type { FuzzTarget } from '../target.js';
import { CONTROL } from './control.js';
import { FILES } from './files.js';
import { KSERVE } from './kserve.js';
import { ANTHROPIC, GENERATION, OPENAI } from './language.js';
import { OIP_GRPC, OIP_HTTP } from './oip.js';
import { SAGEMAKER, VERTEX } from './platforms.js';
import { RERANK, TEI, TEI_GRPC } from './pooling.js';
import { TFS_GRPC, TFS_HTTP } from './tfs.js';
import { TORCHSERVE_GRPC, TORCHSERVE_HTTP } from './torchserve.js';
import { HTTP1, HTTP2 } from './wire.js';

/** All parts of the server that strangers speak to. */
export const TARGETS: readonly FuzzTarget[] = [
  ...[HTTP1, HTTP2, OIP_HTTP, OIP_GRPC, GENERATION, OPENAI, ANTHROPIC, KSERVE, TFS_HTTP, TFS_GRPC],
  ...[TORCHSERVE_HTTP, TORCHSERVE_GRPC, SAGEMAKER, VERTEX, TEI, TEI_GRPC, RERANK, FILES, CONTROL],
];
