/** Entry of a thread that tokenises texts: a long one takes a while. */
import { workerData } from 'node:worker_threads';
import { answerJobs } from '../../../async/index.js';
import { errorData, toMillraceError } from '../../../core/index.js';
import { bindVocabulary } from '../library/open.js';
import { Vocabulary } from '../library/vocabulary.js';
import type { TokenizerJob, TokenizerReply, TokenizerSetup } from './job.js';
import { RowEncoder } from './row-encoder.js';

const { library, vocabulary, rerankTemplate } = workerData as TokenizerSetup;
const encoder = new RowEncoder(new Vocabulary(bindVocabulary(library), vocabulary), rerankTemplate);

function answer(job: TokenizerJob): TokenizerReply {
  switch (job.kind) {
    case 'encode':
      return {
        kind: 'encode',
        rows: job.rows.map((row, index) => encoder.encode(row, job.firstRow + index, job.limits)),
      };
    case 'describe':
      return { kind: 'describe', tokens: job.texts.map((text) => encoder.describe(text, job.addSpecialTokens)) };
    case 'decode':
      return { kind: 'decode', texts: job.rows.map((row) => encoder.decode(row, job.skipSpecialTokens)) };
    default:
      return job satisfies never;
  }
}

function reply(job: TokenizerJob): TokenizerReply {
  try {
    return answer(job);
  } catch (error) {
    return { kind: 'fault', fault: errorData(toMillraceError(error)) };
  }
}

answerJobs(reply);
