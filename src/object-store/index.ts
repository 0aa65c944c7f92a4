/** Room `object-store` (rank 2): objects of stores that speak S3: read, written, listed; `s3://` URLs and the prefixes that they are below. */
export { type AwsEnvironment, systemAwsEnvironment } from './environment.js';
export { ObjectStoreError } from './errors.js';
export { formatObjectUrl, isBelowPrefix, type ObjectLocation, parseObjectPrefix, parseObjectUrl } from './location.js';
export { type ObjectStore, openObjectStore } from './object-store.js';
export { type ObjectStoreOptions, ObjectStoreOptionsSchema } from './options.js';
export { StoreQuestions } from './questions.js';
export type { ObjectInfo, ObjectReading } from './transfers/download.js';
