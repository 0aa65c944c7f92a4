import { type AudioSpec, invalidArgument } from '../../../core/index.js';
import { broken } from '../broken.js';
import type { DecodedRows, NumericDatatype } from '../decoded.js';
import { toElements } from '../elements.js';
import { type Codec, checkInstalled, openCodec, type Piece } from './codecs.js';
import { resample } from './resample.js';
import { toRows } from './rows.js';

/** Of what is decoded between two looks at how long it has become: silence takes next to nothing. */
const CHUNK_BYTES = 8_192;
const MIN_RATE_HZ = 1_000;
const MAX_RATE_HZ = 192_000;

/** Turns encoded sounds into rows of an input. */
export type DecodeAudio = (bytes: Uint8Array, spec: AudioSpec, datatype: NumericDatatype) => Promise<DecodedRows>;

/** A decoder of sounds of at most so many milliseconds. Rejects with `failed_precondition` where the decoders are not installed. */
export async function createAudioDecoder(maxDurationMs: number): Promise<DecodeAudio> {
  await checkInstalled();
  return async (bytes, spec, datatype) => {
    const { name, codec } = await openCodec(bytes);
    let sound: Sound;
    try {
      sound = decode(codec, bytes, maxDurationMs);
    } catch (cause) {
      throw broken(`the sound is a broken ${name}`, cause);
    } finally {
      codec.free();
    }
    if (sound.samples.length === 0) throw invalidArgument(`the sound is a ${name} without samples`);
    const { count, samples } = toRows(resample(sound.samples, sound.rateHz, spec.rateHz), spec);
    if (spec.scale !== 1)
      for (let index = 0; index < samples.length; index++) samples[index] = (samples[index] as number) * spec.scale;
    return { shape: [count, samples.length / count], data: toElements(datatype, samples) };
  };
}

/** All channels mixed down to one. */
interface Sound {
  readonly samples: Float32Array;
  readonly rateHz: number;
}

function decode(codec: Codec, bytes: Uint8Array, maxDurationMs: number): Sound {
  const pieces: Float32Array[] = [];
  let rateHz = 0;
  let length = 0;
  const take = ({ channelData, sampleRate }: Piece): void => {
    const mixed = mixDown(channelData);
    if (mixed.length === 0) return;
    checkRate(sampleRate, rateHz);
    rateHz = sampleRate;
    pieces.push(mixed);
    length += mixed.length;
    if ((length / rateHz) * 1_000 <= maxDurationMs) return;
    throw invalidArgument(
      `the sound lasts longer than ${maxDurationMs} ms, the most that is decoded (media.maxDurationMs)`,
    );
  };
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES) take(codec.decode(bytes.subarray(at, at + CHUNK_BYTES)));
  if (codec.flush !== undefined) take(codec.flush());
  const samples = new Float32Array(length);
  let at = 0;
  for (const piece of pieces) {
    samples.set(piece, at);
    at += piece.length;
  }
  return { samples, rateHz };
}

function checkRate(rateHz: number, before: number): void {
  if (!(rateHz >= MIN_RATE_HZ && rateHz <= MAX_RATE_HZ)) {
    throw invalidArgument(`the sound: expected a rate of ${MIN_RATE_HZ} to ${MAX_RATE_HZ} Hz, got ${rateHz}`);
  }
  if (before !== 0 && rateHz !== before) {
    throw invalidArgument(`the sound: expected one rate, got ${before} and then ${rateHz} Hz`);
  }
}

function mixDown([first, ...others]: readonly Float32Array[]): Float32Array {
  if (first === undefined) return new Float32Array(0);
  // A copy: decoders may use their memory again.
  const mixed = first.slice();
  if (others.length === 0) return mixed;
  for (const channel of others) {
    for (let index = 0; index < mixed.length; index++) mixed[index] = (mixed[index] as number) + (channel[index] ?? 0);
  }
  const channels = others.length + 1;
  for (let index = 0; index < mixed.length; index++) mixed[index] = (mixed[index] as number) / channels;
  return mixed;
}
