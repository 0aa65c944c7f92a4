import type { Settings } from '../config/index.js';
import type { Access } from '../governance/index.js';
import type { MemoryLimit } from '../runtimes/index.js';

/** What the checks know of a server: plain values, gathered before. Times are milliseconds since the Unix epoch. */
export interface Facts {
  readonly settings: Settings;
  /** Roles and bindings that are in force: they may have changed since the settings were read. */
  readonly access: Access;
  /** Names of models and routes; undefined = there may be any. */
  readonly served: readonly string[] | undefined;
  readonly nowMs: number;
  readonly machine: MachineFacts;
  /** undefined = it does not run in a container. */
  readonly container: ContainerFacts | undefined;
  /** Runner processes that it has, or may have. */
  readonly runners: number;
  /** Of the runners of loaded models; empty where no server runs. */
  readonly memoryLimits: readonly ModelMemoryLimit[];
  readonly packages: readonly PackageFacts[];
  /** Keys of the settings whose secrets are written in the settings file itself. */
  readonly writtenSecrets: readonly (readonly string[])[];
  readonly files: readonly FileFacts[];
  readonly folders: readonly FolderFacts[];
  readonly certificates: readonly CertificateFacts[];
  readonly repositories: readonly RepositoryFacts[];
  readonly store: StoreFacts;
  /** How far the clock has been set, forwards, since the server began; undefined where none runs. */
  readonly clockStepMs: number | undefined;
}

export interface MachineFacts {
  /** Of Node.js: `20.19.0`. */
  readonly nodeVersion: string;
  /** The oldest that this millrace takes: `20.19`. */
  readonly oldestNode: string;
  /** That the server may use. */
  readonly memoryBytes: number;
  /** That a process may have open; undefined = unknown, or any number. */
  readonly openFiles: number | undefined;
  /** The user that the server runs as; undefined where users have no numbers. */
  readonly uid: number | undefined;
}

/** The container that a server runs in. */
export interface ContainerFacts {
  readonly isRootReadOnly: boolean;
  /** Size of /dev/shm; 0 = there is none. */
  readonly sharedMemoryBytes: number;
  /** The engine limits its memory to less than the machine has. */
  readonly hasMemoryLimit: boolean;
  /** Cores' worth of CPU time that it may use; undefined = no limit. */
  readonly cpuQuota: number | undefined;
}

/** How much memory the runner of a loaded model may use. */
export interface ModelMemoryLimit extends MemoryLimit {
  readonly model: string;
  readonly version: number;
}

/** A package with a native part, or one that npm may leave out. */
export interface PackageFacts {
  readonly name: string;
  /** The exact version that this millrace is made for. */
  readonly wanted: string;
  /** undefined = it is not installed. */
  readonly found: string | undefined;
  /** What does not work without. */
  readonly purpose: string;
  /** npm may leave it out. */
  readonly isOptional: boolean;
}

/** What is in a file, as far as it matters who may read and write that. */
export type FileKind = 'settings' | 'settings with secrets' | 'secret' | 'models' | 'code' | 'certificate' | 'store';

export interface FileFacts {
  readonly kind: FileKind;
  /** The key of the settings that names it, or whose value it holds; empty for the settings themselves. */
  readonly setting: readonly string[];
  readonly path: string;
  /** Permission bits; undefined where the system has none. */
  readonly mode: number | undefined;
  readonly modifiedAtMs: number;
}

/** A folder in which the server writes. */
export interface FolderFacts {
  readonly purpose: string;
  readonly setting: readonly string[];
  /** The folder itself, or the nearest one above it that is there. */
  readonly path: string;
  readonly isWritable: boolean;
  /** What does not work where it cannot be written, as a sentence. */
  readonly consequence: string;
  /** That this user may still fill; undefined = unknown. */
  readonly freeBytes: number | undefined;
  /** That the settings let it grow by; undefined = they do not say. */
  readonly mayGrowBytes: number | undefined;
}

/** A model repository. */
export interface RepositoryFacts {
  readonly setting: readonly string[];
  readonly path: string;
  /** Why its changes are not followed, as a sentence; '' = they can be. */
  readonly problem: string;
  /** Models of it that the server goes on serving meanwhile. */
  readonly keptModels: number;
}

/** A PEM file of certificates. */
export interface CertificateFacts {
  readonly setting: readonly string[];
  readonly file: string;
  /** `server`: what clients are shown. `authority`: what it is checked against. */
  readonly kind: 'server' | 'authority';
  /** In the order of the file. */
  readonly chain: readonly CertificateInChain[];
  /** Why it cannot be used; '' = it can. */
  readonly problem: string;
}

export interface CertificateInChain {
  /** Its common name, else all of its subject. */
  readonly name: string;
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  readonly isSelfSigned: boolean;
  /** The next one in the file has issued it; true for the last. */
  readonly isIssuedByNext: boolean;
  /** Size of an RSA key; undefined = another kind. */
  readonly rsaBits: number | undefined;
}

/** What the store says; `keys` that are not revoked. */
export interface StoreFacts {
  /** Why it cannot be read; '' = it can, or there is none. */
  readonly problem: string;
  readonly keys: readonly StoredKey[];
  /** Names of those that were declared while a server ran. */
  readonly routes: readonly string[];
}

/** An API key of the store. */
export interface StoredKey {
  readonly name: string;
  readonly createdAtMs: number;
  readonly rotatedAtMs: number | undefined;
  readonly lastUsedAtMs: number | undefined;
  /** undefined = never. */
  readonly expiresAtMs: number | undefined;
}
