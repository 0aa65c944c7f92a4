/** Headers, or metadata over gRPC, that may hold a credential. */
export const HEADERS = ['authorization', 'x-api-key', 'api-key'] as const;
/** Ways to send a credential: besides, the certificate of a client, a signature of Version 4 of AWS, a URL. */
export type Carrier = (typeof HEADERS)[number] | 'certificate' | 'signature' | 'url';

const KEYS: readonly Carrier[] = ['authorization', 'x-api-key', 'certificate'];
const BEARER: readonly Carrier[] = ['authorization', 'certificate'];
const WITH_AZURE: readonly Carrier[] = [...KEYS, 'api-key'];

/**
 * What is read, by dialect, and of what is no dialect's: the table of docs/identities.md. Whatever else is sent counts as nothing, in a
 * URL always.
 */
export const CARRIERS_OF: Readonly<Record<string, readonly Carrier[]>> = {
  oip: KEYS,
  openai: WITH_AZURE,
  anthropic: KEYS,
  kserve: KEYS,
  tfs: KEYS,
  torchserve: KEYS,
  sagemaker: BEARER,
  vertex: BEARER,
  tei: BEARER,
  rerank: BEARER,
  millrace: BEARER,
  /** Those that answer for several dialects read what each of them reads. */
  shared: WITH_AZURE,
  documentation: BEARER,
  metrics: BEARER,
  /** Every method. */
  grpc: KEYS,
};

/** Inferences whose requests may be signed, by the dialect whose they are. */
export const SIGNED_DIALECT = 'sagemaker';
