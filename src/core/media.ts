/** What encoded media are: a picture or a sound. */
export type MediaKind = 'image' | 'audio';

/** How a picture becomes one row of an input: a pixel becomes `(channel * scale - mean[c]) / std[c]`. */
export interface ImageSpec {
  readonly kind: 'image';
  readonly layout: 'NCHW' | 'NHWC';
  readonly colors: 'RGB' | 'BGR' | 'GRAY';
  /** Pixels; 0 = those of the picture. */
  readonly width: number;
  readonly height: number;
  readonly resize: 'stretch' | 'cover' | 'contain';
  readonly interpolation: 'bilinear' | 'bicubic';
  /** Part of width and height that is cut out of the middle of a picture resized to more. */
  readonly cropFraction: number;
  readonly scale: number;
  /** By channel; none = 0. */
  readonly mean: readonly number[];
  /** By channel; none = 1. */
  readonly std: readonly number[];
}

/** How a sound becomes the rows of an input: one, or one for each window. Samples are -1 to 1, times `scale`. */
export interface AudioSpec {
  readonly kind: 'audio';
  readonly rateHz: number;
  /** Samples of a row of its own length: shorter ones are filled up with zeros, longer ones cut off; 0 = those of the sound. */
  readonly lengthSamples: number;
  /** Samples of a window; 0 = the sound is one row. */
  readonly windowSamples: number;
  /** From the beginning of a window to that of the next one. */
  readonly hopSamples: number;
  /** Samples before a window that its row begins with; zeros before the first. */
  readonly contextSamples: number;
  readonly scale: number;
  /** Integer input that takes the rate. */
  readonly rateInput?: string;
}

/** How encoded bytes become an input. */
export type MediaSpec = ImageSpec | AudioSpec;

/** A format of pictures or sounds that is known by how it begins. */
export type MediaFormat = 'JPEG' | 'PNG' | 'WebP' | 'GIF' | 'WAV' | 'FLAC' | 'MP3' | 'Ogg';

const KINDS: Readonly<Record<MediaFormat, MediaKind>> = {
  JPEG: 'image',
  PNG: 'image',
  WebP: 'image',
  GIF: 'image',
  WAV: 'audio',
  FLAC: 'audio',
  MP3: 'audio',
  Ogg: 'audio',
};

/** What is decoded, for messages. */
export const MEDIA_FORMATS: Readonly<Record<MediaKind, string>> = {
  image: 'a JPEG, PNG, WebP or GIF',
  audio: 'a WAV, FLAC, MP3 or Ogg',
};

/** Whether a format is one of pictures or of sounds. */
export function mediaKindOf(format: MediaFormat): MediaKind {
  return KINDS[format];
}

/** The format of encoded bytes by their signature, whatever they are called; undefined = none that is decoded. */
export function mediaFormatOf(bytes: Uint8Array): MediaFormat | undefined {
  if (begins(bytes, [0xff, 0xd8, 0xff])) return 'JPEG';
  if (begins(bytes, [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])) return 'PNG';
  const word = ascii(bytes, 0);
  if (word === 'RIFF') return ascii(bytes, 8) === 'WEBP' ? 'WebP' : ascii(bytes, 8) === 'WAVE' ? 'WAV' : undefined;
  if (word === 'GIF8') return 'GIF';
  if (word === 'fLaC') return 'FLAC';
  if (word === 'OggS') return 'Ogg';
  return word.startsWith('ID3') || isMp3Frame(bytes) ? 'MP3' : undefined;
}

/** The head of a frame of MPEG-1, 2 or 2.5, layer III, with a bit rate and a sampling rate that there are. */
function isMp3Frame(bytes: Uint8Array): boolean {
  const [sync = 0, version = 0, rates = 0] = bytes;
  if (sync !== 0xff || (version & 0xe0) !== 0xe0) return false;
  const [release, layer] = [(version >> 3) & 3, (version >> 1) & 3];
  const [bitRate, samplingRate] = [rates >> 4, (rates >> 2) & 3];
  return release !== 1 && layer === 1 && bitRate !== 0 && bitRate !== 15 && samplingRate !== 3;
}

function begins(bytes: Uint8Array, signature: readonly number[]): boolean {
  return signature.every((byte, index) => bytes[index] === byte);
}

function ascii(bytes: Uint8Array, offset: number): string {
  return String.fromCharCode(...bytes.subarray(offset, offset + 4));
}
