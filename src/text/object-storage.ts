import { quoteShell } from './curl.js';

const SCHEME = /^(?<scheme>[a-z][a-z0-9+.-]+):\/\//i;

/** What copies a folder of an object store to this machine, by the scheme of its URLs. */
const COPIES: Readonly<Record<string, (url: string) => string>> = {
  gs: (url) => `gcloud storage cp --recursive ${url} .`,
  s3: (url) => `aws s3 cp --recursive ${url} .`,
  hdfs: (url) => `hdfs dfs -get ${url} .`,
  abfs: () => 'azcopy copy --recursive <https URL> .',
  abfss: () => 'azcopy copy --recursive <https URL> .',
  wasbs: () => 'azcopy copy --recursive <https URL> .',
};

/** What to do in place of naming a URL of an object store, as a clause; undefined for any other text. */
export function objectStorageRemedy(text: string): string | undefined {
  const scheme = SCHEME.exec(text)?.groups?.scheme?.toLowerCase() ?? '';
  const copy = Object.hasOwn(COPIES, scheme) ? COPIES[scheme] : undefined;
  if (copy === undefined) return undefined;
  return `object storage is not read: copy it to this machine (\`${copy(quoteShell(text))}\`) or mount it, and name the folder`;
}
