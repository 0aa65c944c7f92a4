/** Entry of a thread that makes prompts: templates are programs of strangers, and long texts take a while. */
import { workerData } from 'node:worker_threads';
import { answerJobs } from '../../../async/index.js';
import { errorData, messageOf, toMillraceError } from '../../../core/index.js';
import { bindVocabulary } from '../library/open.js';
import { Vocabulary } from '../library/vocabulary.js';
import { ChatTemplate } from '../template/chat-template.js';
import type { PreparationSetup, PromptJob, PromptReply } from './job.js';
import { PromptMaker } from './prompt-maker.js';

const { library, vocabulary: pointer, limits, templates, toolFormat } = workerData as PreparationSetup;
const vocabulary = new Vocabulary(bindVocabulary(library), pointer);
/** Made with the first job, whose time is limited: the template is a program of a stranger. */
let maker: PromptMaker | undefined;

function openTemplate(source: string | undefined): ChatTemplate | string | undefined {
  if (source === undefined) return undefined;
  try {
    return new ChatTemplate(source, vocabulary, { toolFormat });
  } catch (error) {
    return messageOf(error);
  }
}

function answer(job: PromptJob): PromptReply {
  maker ??= new PromptMaker({
    vocabulary,
    limits,
    template: openTemplate(templates?.source),
    toolTemplate: openTemplate(templates?.tools),
  });
  try {
    const prompt = maker.make(job);
    return { work: maker.takeWork(), prompt };
  } catch (error) {
    return { work: maker.takeWork(), fault: errorData(toMillraceError(error)) };
  }
}

answerJobs(answer);
