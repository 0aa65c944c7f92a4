import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import type { AudioSpec } from '../../../core/index.js';
import { createAudioDecoder, type DecodeAudio } from './decode.js';
import { resample } from './resample.js';
import { toRows } from './rows.js';

const SPEC: AudioSpec = {
  kind: 'audio',
  rateHz: 16_000,
  lengthSamples: 0,
  windowSamples: 0,
  hopSamples: 0,
  contextSamples: 0,
  scale: 1,
};

function tone(rateHz: number, seconds: number, frequencyHz = 440): Float32Array {
  return Float32Array.from({ length: rateHz * seconds }, (_, index) =>
    Math.sin((2 * Math.PI * frequencyHz * index) / rateHz),
  );
}

/** How much of a tone is in the samples: its amplitude. */
function amplitudeOf(samples: ArrayLike<number | bigint>, rateHz: number, frequencyHz = 440): number {
  let [real, imaginary] = [0, 0];
  for (let index = 0; index < samples.length; index++) {
    const angle = (2 * Math.PI * frequencyHz * index) / rateHz;
    real += Number(samples[index]) * Math.cos(angle);
    imaginary += Number(samples[index]) * Math.sin(angle);
  }
  return (2 * Math.hypot(real, imaginary)) / samples.length;
}

describe('sounds', () => {
  let decode: DecodeAudio;
  beforeAll(async () => {
    decode = await createAudioDecoder(1_000);
  });
  const fixture = (file: string) => readFile(`test/fixtures/media/${file}`);

  it.each([
    ['tone.wav', 8_000, 0.001],
    ['tone.flac', 8_000, 0.001],
    ['tone.mp3', 8_000, 0.06],
    ['tone.vorbis.ogg', 8_000, 0.05],
    ['tone.opus.ogg', 8_000, 0.05],
  ])('are decoded to what was recorded: %s', async (file, samples, tolerance) => {
    const { shape, data } = await decode(await fixture(file), SPEC, 'FP32');
    expect(shape[0]).toBe(1);
    // Frames of MP3 are whole.
    expect(Math.abs((shape[1] ?? 0) - samples)).toBeLessThan(file.endsWith('.mp3') ? 2_500 : 400);
    const middle = data.slice(2_000, 7_000);
    expect(Math.abs(amplitudeOf(middle, 16_000) - 0.5)).toBeLessThan(tolerance);
  });

  it('are mixed down to one channel and resampled', async () => {
    const { shape, data } = await decode(await fixture('stereo-44100.wav'), SPEC, 'FP32');
    expect(shape).toEqual([1, 4_000]);
    expect(amplitudeOf(data.slice(500, 3_500), 16_000)).toBeCloseTo(0.5, 2);
  });

  it('become integers where the input takes such', async () => {
    const wav = await fixture('tone.wav');
    const { data } = await decode(wav, { ...SPEC, scale: 32_768 }, 'INT16');
    const recorded = new Int16Array(wav.buffer.slice(wav.byteOffset + 44, wav.byteOffset + wav.length));
    expect(data).toBeInstanceOf(Int16Array);
    // The decoder's scale is another for positive numbers, by one in 32768.
    expect(Math.max(...recorded.map((sample, index) => Math.abs(sample - Number(data[index]))))).toBeLessThanOrEqual(1);
  });

  it.each([
    [
      'that lasts too long',
      wav(16_000, 16_001),
      'the sound lasts longer than 1000 ms, the most that is decoded (media.maxDurationMs)',
    ],
    ['without samples', wav(16_000, 0), 'the sound is a WAV without samples'],
    ['of a rate that there is not', wav(1, 100), 'the sound: expected a rate of 1000 to 192000 Hz, got 1'],
    ['of nothing but its name', Buffer.from('fLaC'), 'the sound is a FLAC without samples'],
    ['that is an MP3 by its name only', Buffer.from('ID3 is no sound'), 'the sound is a MP3 without samples'],
    ['that is a picture', Buffer.from('GIF89a'), 'the sound: expected a WAV, FLAC, MP3 or Ogg, got something else'],
    [
      'in an Ogg of something else',
      Buffer.concat([Buffer.from('OggS'), Buffer.alloc(24), Buffer.from('Speex   ')]),
      'the sound: expected Vorbis, Opus or FLAC in the Ogg, got something else',
    ],
    ['in a WAV of an unknown kind', wav(16_000, 10, 99), 'the sound is a broken WAV: Unsupported WAV format: 0x63'],
  ])('are refused: one %s', async (_, bytes, message) => {
    await expect(decode(bytes, SPEC, 'FP32')).rejects.toMatchObject({ code: 'invalid_argument', message });
  });
});

/** A WAV of 16-bit silence. */
function wav(rateHz: number, samples: number, format = 1): Buffer {
  const head = Buffer.alloc(44);
  head.write('RIFF', 0);
  head.writeUInt32LE(36 + samples * 2, 4);
  head.write('WAVEfmt ', 8);
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(format, 20);
  head.writeUInt16LE(1, 22);
  head.writeUInt32LE(rateHz, 24);
  head.writeUInt32LE(rateHz * 2, 28);
  head.writeUInt16LE(2, 32);
  head.writeUInt16LE(16, 34);
  head.write('data', 36);
  head.writeUInt32LE(samples * 2, 40);
  return Buffer.concat([head, Buffer.alloc(samples * 2)]);
}

describe('resample', () => {
  it('leaves the rate that is wanted alone', () => {
    const samples = Float32Array.of(1, 2, 3);
    expect(resample(samples, 8_000, 8_000)).toBe(samples);
  });

  it.each([
    [44_100, 16_000],
    [8_000, 16_000],
    [48_000, 16_000],
    [11_025, 22_050],
    [16_001, 16_000],
  ])('keeps a tone from %d to %d Hz', (from, to) => {
    const resampled = resample(tone(from, 0.25), from, to);
    expect(resampled).toHaveLength(Math.ceil((Math.floor(from * 0.25) * to) / from));
    const middle = resampled.subarray(Math.floor(resampled.length / 8), Math.floor((resampled.length * 7) / 8));
    expect(amplitudeOf(middle, to)).toBeCloseTo(1, 2);
  });

  it('removes what the new rate cannot hold', () => {
    const resampled = resample(tone(48_000, 0.25, 15_000), 48_000, 16_000);
    expect(Math.max(...resampled.subarray(500, 3_500).map(Math.abs))).toBeLessThan(0.02);
  });
});

describe('toRows', () => {
  const sound = Float32Array.of(1, 2, 3, 4, 5);
  const rows = (spec: Partial<AudioSpec>) => {
    const { count, samples } = toRows(sound, { ...SPEC, ...spec });
    return [count, Array.from(samples)];
  };

  it('keeps a sound as it is where the input takes any length', () => {
    expect(rows({})).toEqual([1, [1, 2, 3, 4, 5]]);
  });

  it('fills up or cuts off where it does not', () => {
    expect(rows({ lengthSamples: 7 })).toEqual([1, [1, 2, 3, 4, 5, 0, 0]]);
    expect(rows({ lengthSamples: 2 })).toEqual([1, [1, 2]]);
  });

  it('cuts windows, the last one filled up', () => {
    expect(rows({ windowSamples: 2, hopSamples: 2 })).toEqual([3, [1, 2, 3, 4, 5, 0]]);
    expect(rows({ windowSamples: 8, hopSamples: 8 })).toEqual([1, [1, 2, 3, 4, 5, 0, 0, 0]]);
  });

  it('overlaps them, up to the first that reaches the end', () => {
    expect(rows({ windowSamples: 3, hopSamples: 1 })).toEqual([3, [1, 2, 3, 2, 3, 4, 3, 4, 5]]);
  });

  it('begins them with what came before', () => {
    expect(rows({ windowSamples: 2, hopSamples: 2, contextSamples: 1 })).toEqual([3, [0, 1, 2, 2, 3, 4, 4, 5, 0]]);
  });

  it('refuses more than anybody can take', () => {
    expect(() => rows({ lengthSamples: 2 ** 28 })).toThrow(
      'the sound makes 268435456 numbers; at most 134217728 are taken',
    );
  });
});
