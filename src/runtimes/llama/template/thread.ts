/** Entry of the thread in which a model's template is rendered: whoever has written the file has written the program. */
import { parentPort, workerData } from 'node:worker_threads';
import { Template } from '@huggingface/jinja';
import { MAX_PROMPT_CHARACTERS, type RenderReply } from './renderer.js';

const template = new Template(workerData as string);

function render(variables: Record<string, unknown>): RenderReply {
  try {
    const text = template.render(variables);
    if (text.length <= MAX_PROMPT_CHARACTERS) return { text };
    return {
      problem: `it makes a prompt of ${text.length} characters; at most ${MAX_PROMPT_CHARACTERS} are supported`,
    };
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
}

parentPort?.on('message', (variables: Record<string, unknown>) => parentPort?.postMessage(render(variables)));
