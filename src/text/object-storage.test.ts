import { expect, it } from 'vitest';
import { objectStorageRemedy } from './object-storage.js';

it.each([
  ['gs://bucket/models', 'gcloud storage cp --recursive gs://bucket/models .'],
  ['S3://bucket/my models', "aws s3 cp --recursive 'S3://bucket/my models' ."],
  ['hdfs://node/models', 'hdfs dfs -get hdfs://node/models .'],
  ['abfs://container@account/models', 'azcopy copy --recursive <https URL> .'],
  ['abfss://container@account/models', 'azcopy copy --recursive <https URL> .'],
  ['wasbs://container@account/models', 'azcopy copy --recursive <https URL> .'],
])('%s is copied by %s', (url, copy) => {
  expect(objectStorageRemedy(url)).toBe(
    `object storage is not read: copy it to this machine (\`${copy}\`) or mount it, and name the folder`,
  );
});

it.each(['https://host/models', 'models', '/models', 'gs:models', 'constructor://x', ''])(
  '%s is not in object storage',
  (text) => expect(objectStorageRemedy(text)).toBeUndefined(),
);
