/** Entry of a thread that makes prompts: templates are programs of strangers, and long texts take a while. */
import { parentPort, workerData } from 'node:worker_threads';
import { errorData, messageOf, toMillraceError } from '../../../core/index.js';
import { bindVocabulary } from '../library/open.js';
import { Vocabulary } from '../library/vocabulary.js';
import { ChatTemplate } from '../template/chat-template.js';
import type { PreparationSetup, PromptJob, PromptReply } from './job.js';
import { PromptMaker } from './prompt-maker.js';

const { library, vocabulary: pointer, limits, template: source } = workerData as PreparationSetup;
const vocabulary = new Vocabulary(bindVocabulary(library), pointer);
const maker = new PromptMaker({ vocabulary, limits, template: openTemplate() });

function openTemplate(): ChatTemplate | string | undefined {
  if (source === undefined) return undefined;
  try {
    return new ChatTemplate(source, vocabulary);
  } catch (error) {
    return messageOf(error);
  }
}

function answer(job: PromptJob): PromptReply {
  try {
    const prompt = maker.make(job);
    return { work: maker.takeWork(), prompt };
  } catch (error) {
    return { work: maker.takeWork(), fault: errorData(toMillraceError(error)) };
  }
}

parentPort?.on('message', (job: PromptJob) => parentPort?.postMessage(answer(job)));
