import { ECHO } from './echo/manifest.js';
import { ENSEMBLE } from './ensemble/manifest.js';
import { LLAMA } from './llama/manifest.js';
import type { RuntimeManifest } from './manifest.js';
import { MEDIA } from './media/manifest.js';
import { ONNX } from './onnx/manifest.js';
import { SCRIPT } from './script/manifest.js';
import { TEXT } from './text/manifest.js';

/** The runtimes that millrace brings along. Where two could run a file, the one that stands first does. */
export const BUILT_IN_RUNTIMES: readonly RuntimeManifest[] = [ONNX, SCRIPT, ECHO, ENSEMBLE, LLAMA, TEXT];

/** What decodes the photos and sounds that callers send as they are: a runtime of the server's own models, which no repository has. */
export const MEDIA_RUNTIME = MEDIA;
