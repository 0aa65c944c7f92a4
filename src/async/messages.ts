/** What a thread is sent: requests that it answers together, in their order. */
export type GroupMessage<Request> = readonly Request[] | 'close';

/** One for each request. */
export type Reply<Fault> = { readonly output: unknown } | { readonly fault: Fault };
