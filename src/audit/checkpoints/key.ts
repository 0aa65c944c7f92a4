import { createPrivateKey, createPublicKey, generateKeyPairSync, hash, type KeyObject } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { MillraceError, messageOf } from '../../core/index.js';

/** With what checkpoints are signed. */
export interface SigningKey {
  readonly privateKey: KeyObject;
  readonly fingerprint: string;
}

/** Where the public half of a key that is made here lies: beside it. */
export function publicKeyFile(file: string): string {
  return `${file}.pub`;
}

/**
 * The Ed25519 key in a PEM file (PKCS #8); where there is no file, a key is made, readable by its owner alone, with its public half beside it.
 * Throws `failed_precondition` for what is no such key.
 */
export function openSigningKey(file: string): SigningKey {
  const privateKey = readPrivateKey(file) ?? makeKey(file);
  return { privateKey, fingerprint: fingerprintOf(createPublicKey(privateKey)) };
}

/** The public key in a PEM file, which may hold the private one. Throws `failed_precondition`. */
export function readPublicKey(file: string): KeyObject {
  try {
    return checkKind(createPublicKey(readFileSync(file)), file);
  } catch (error) {
    throw unreadable(file, error);
  }
}

/** SHA-256 of the public key's DER form (SubjectPublicKeyInfo), as `sha256:` and hexadecimal digits. */
export function fingerprintOf(publicKey: KeyObject): string {
  return `sha256:${hash('sha256', publicKey.export({ type: 'spki', format: 'der' }), 'hex')}`;
}

/** Writes a key that {@link openSigningKey} has given into its file again, where that is gone. */
export function restoreSigningKey(file: string, { privateKey }: SigningKey): void {
  if (!existsSync(file)) writeKey(file, privateKey, createPublicKey(privateKey));
}

function readPrivateKey(file: string): KeyObject | undefined {
  try {
    return checkKind(createPrivateKey(readFileSync(file)), file);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw unreadable(file, error);
  }
}

function makeKey(file: string): KeyObject {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  writeKey(file, privateKey, publicKey);
  return privateKey;
}

function writeKey(file: string, privateKey: KeyObject, publicKey: KeyObject): void {
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  // Whoever was faster has made the key that counts.
  writeFileSync(file, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600, flag: 'wx' });
  writeFileSync(publicKeyFile(file), publicKey.export({ type: 'spki', format: 'pem' }), { mode: 0o644 });
}

function checkKind(key: KeyObject, file: string): KeyObject {
  if (key.asymmetricKeyType === 'ed25519') return key;
  throw new MillraceError('failed_precondition', `'${file}': expected an Ed25519 key, got ${key.asymmetricKeyType}`);
}

function unreadable(file: string, error: unknown): MillraceError {
  if (error instanceof MillraceError) return error;
  const reason = messageOf(error);
  return new MillraceError('failed_precondition', `'${file}' cannot be read as an Ed25519 key in PEM form: ${reason}`);
}
