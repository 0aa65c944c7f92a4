/** The page's values, for the type checker alone: nothing of this file reaches a browser. */

export type Element = number | boolean | string;

export interface ApiTensor {
  readonly name: string;
  readonly datatype: string;
  /** -1 where any size is accepted. */
  readonly shape: readonly number[];
}

export interface ApiInput extends ApiTensor {
  readonly optional?: boolean;
  /** A file may stand for it. */
  readonly media?: 'image' | 'audio';
  /** The input that the rate of a sound goes into, which the server fills in then. */
  readonly rate_input?: string;
}

export interface ApiOutput extends ApiTensor {
  /** How many classes it tells apart, where it is known to tell classes apart. */
  readonly classes?: number;
}

/** A model as `/openapi.json` tells of it under `x-models`. */
export interface ApiModel {
  readonly name: string;
  readonly versions: readonly string[];
  readonly platform: string;
  readonly max_batch_size: number;
  readonly inputs: readonly ApiInput[];
  readonly outputs: readonly ApiOutput[];
  /** It answers any number of times. */
  readonly decoupled: boolean;
  /** What it can be asked for besides inference; `chat`: to answer conversations, too; `temperature`: of calls that name none. */
  readonly tasks: { readonly generate?: { readonly chat: boolean; readonly temperature: number } };
  /** A request that fits it; missing where nothing that takes it is switched on. */
  readonly example?: {
    readonly route: 'infer' | 'generate_stream';
    readonly json: ExampleJson;
    readonly zeroBytes: number;
  };
}

interface ExampleJson {
  readonly inputs?: readonly {
    readonly name: string;
    readonly shape: readonly number[];
    readonly data?: readonly Element[];
  }[];
  readonly parameters?: Readonly<Record<string, Element>>;
  readonly [name: string]: unknown;
}

/** Where the server is, for whoever calls it from elsewhere. */
export interface Place {
  /** `http://localhost:8000`. */
  readonly origin: string;
  /** `localhost:8001`; undefined where it does not serve gRPC. */
  readonly grpc: { readonly address: string; readonly tls: boolean } | undefined;
  readonly withKey: boolean;
}

/** A file that somebody chose, or the name of one that they may choose. */
export interface ChosenFile {
  readonly name: string;
  readonly size: number;
  /** Missing in examples. */
  readonly blob?: Blob;
}

export type Content =
  | { readonly kind: 'elements'; readonly elements: readonly Element[] }
  | { readonly kind: 'zeros' }
  /** Its raw encoding; of BYTES the only element. */
  | { readonly kind: 'file'; readonly file: ChosenFile };

export interface CallInput {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly number[];
  readonly content: Content;
}

interface ModelCall {
  readonly model: string;
  /** undefined = the server chooses. */
  readonly version: string | undefined;
}

export interface InferCall extends ModelCall {
  readonly kind: 'infer';
  readonly inputs: readonly CallInput[];
  /** Outputs of which the best classes are wanted, and how many. */
  readonly classes: Readonly<Record<string, number>>;
  readonly parameters: Readonly<Record<string, Element>>;
}

/** A call of a model with any number of answers. */
export interface StreamCall extends ModelCall {
  readonly kind: 'stream';
  readonly inputs: readonly CallInput[];
  readonly parameters: Readonly<Record<string, Element>>;
}

/** A call whose body is a photo or a sound as it is. */
export interface MediaCall extends ModelCall {
  readonly kind: 'media';
  readonly input: string;
  readonly media: 'image' | 'audio';
  readonly file: ChosenFile;
  readonly classes: Readonly<Record<string, number>>;
}

export interface Message {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
}

/** A call of a language model by OpenAI's API. */
export interface ChatCall {
  readonly kind: 'chat';
  readonly model: string;
  readonly messages: readonly Message[];
  readonly maxTokens: number;
  readonly temperature: number | undefined;
}

export interface CompletionCall {
  readonly kind: 'completion';
  readonly model: string;
  readonly prompt: string;
  readonly maxTokens: number;
  readonly temperature: number | undefined;
}

export type Call = InferCall | StreamCall | MediaCall | ChatCall | CompletionCall;

/** The same call in one language. */
export interface Snippet {
  readonly title: string;
  readonly language: 'curl' | 'typescript' | 'python' | 'grpc';
  readonly code: string;
}
