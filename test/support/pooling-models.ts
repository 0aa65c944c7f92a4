import type { FolderContents } from './model-folder.js';

/** A model for each task of the runtime in `test/fixtures/toy-pooling`; `toy-wide` gives long vectors. */
export const POOLING_MODELS: FolderContents = {
  'toy-embed/1/model.pooling': '',
  'toy-embed/model.yaml': 'maxBatchSize: 2048\ninstances: { placement: inline }\npooling: { task: embed }\n',
  'toy-wide/1/model.pooling': '',
  'toy-wide/model.yaml':
    'maxBatchSize: 2048\ninstances: { placement: inline }\npooling: { task: embed, dimensions: 1024 }\n',
  'toy-rank/1/model.pooling': '',
  'toy-rank/model.yaml': 'maxBatchSize: 32\ninstances: { placement: inline }\npooling: { task: rank }\n',
  'toy-classify/1/model.pooling': '',
  'toy-classify/model.yaml': 'maxBatchSize: 32\ninstances: { placement: inline }\npooling: { task: classify }\n',
};
